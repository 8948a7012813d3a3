import { readdirSync, readFileSync } from 'node:fs';

/** The definition of the schema, whose indexes are partial. */
const SCHEMA = /^src\/(database\/migrations\/|.*\.entity\.ts$)/;

/** @returns the lines of src that match, outside the schema and the file of rights */
function linesThat(say: RegExp): string[] {
  return readdirSync('src', { recursive: true, encoding: 'utf8' })
    .map((file) => `src/${file}`)
    .filter((file) => file.endsWith('.ts') && !SCHEMA.test(file) && file !== 'src/access/rights.sql.ts')
    .flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => say.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    );
}

test('only rights.sql.ts says in SQL that a membership is live', () => {
  expect(linesThat(/\bNOT\s+(\w+\.)?is_deleted\b|\.is_deleted\s*=\s*false\b/i)).toEqual([]);
});

test('only rights.sql.ts says in SQL that a membership or a right is that of an ADMIN', () => {
  expect(linesThat(/(\.type|"right"|\bright)\s*=\s*'ADMIN'/i)).toEqual([]);
});

test('only policy.ts compares a right with ADMIN to decide what is allowed', () => {
  const comparisons = linesThat(/\b(right|type)\w*\s*[!=]==\s*MembershipType\.ADMIN/i);
  const elsewhere = comparisons.filter((line) => !/^src\/(access\/policy|memberships\/membership)\.ts/.test(line));
  expect(elsewhere).toEqual([]);
});
