import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useOperator } from '../support/cli.js';
import { useFolder } from '../support/key-files.js';

const operator = useOperator();
const folder = useFolder();
const emailOf = (number: number) => `import.${String(number)}@example.org`;
let hospital: number;

interface Imported {
  readonly created: number;
  readonly unchanged: number;
  readonly failed: number;
}

function csv(text: string | Buffer): string {
  const file = join(folder, 'medics.csv');
  writeFileSync(file, text);
  return file;
}

const memberships = () =>
  operator.look((dataSource) =>
    dataSource.query<{ email: string; type: string }[]>(
      `SELECT m.email, s.type FROM membership s JOIN medic m ON m.id = s.medic_id ORDER BY s.id`,
    ),
  );

beforeAll(async () => {
  hospital = await operator.look(async (dataSource) => {
    await dataSource.query(
      `INSERT INTO medic (name, email, email_key)
       SELECT 'Medic', email, email FROM (SELECT 'import.' || n || '@example.org' FROM generate_series(1, 1500) n) e (email)`,
    );
    const sql = `INSERT INTO hospital (name, patron, location, contact) VALUES ('H', 'S', 'Monterrey', '81') RETURNING id`;
    const [row] = await dataSource.query<[{ id: number }]>(sql);
    return row.id;
  });
});

/** Progress is printed to standard error after two seconds, so `err` is not compared. */
async function run(file: string, ...more: string[]): Promise<Imported> {
  const printed = await operator.run('membership', 'import', '--hospital', String(hospital), file, '--json', ...more);
  expect(printed.code).toBe(0);
  return JSON.parse(printed.out) as Imported;
}

test('membership import adds more medics than one request can, is repeatable, and a dry run changes nothing', async () => {
  const rows = Array.from({ length: 1500 }, (_, place) => `${emailOf(place + 1)};${place === 0 ? 'ADMIN' : ''}`);
  const file = csv(`\ufeffemail;type_membership\r\n${rows.join('\r\n')}\r\n`);
  expect(await run(file, '--dry-run')).toMatchObject({ created: 1500, failed: 0 });
  expect(await memberships()).toEqual([]);
  expect(await run(file)).toMatchObject({ created: 1500, failed: 0 });
  expect((await memberships()).slice(0, 2)).toEqual([
    { email: emailOf(1), type: 'ADMIN' },
    { email: emailOf(2), type: 'MEMBER' },
  ]);
  expect(await run(file)).toMatchObject({ created: 0, unchanged: 1500 });
});

test('rows that fail are named, the others are stored, and the command fails', async () => {
  const added = { email: 'later@example.org', name: 'Later' };
  await operator.json('medic', 'create', '--name', added.name, '--email', added.email);
  const file = csv(`email\n${added.email}\nnobody@example.org\n`);
  const { code, out, err } = await operator.run('membership', 'import', '--hospital', String(hospital), file);
  expect({ code, out }).toEqual({
    code: 1,
    out: 'row 2\temail: There is no medic with this email.\ncreated 1, restored 0, unchanged 0, failed 1\n',
  });
  expect(err).toContain('Some rows failed');
  expect((await memberships()).at(-1)).toEqual({ email: added.email, type: 'MEMBER' });
});

test('a row that is not UTF-8 fails with an error that says so, and changes nothing', async () => {
  const before = await memberships();
  const file = csv(Buffer.from('email\nana.nu\u00f1ez@example.org\n', 'latin1'));
  const { code, out } = await operator.run('membership', 'import', '--hospital', String(hospital), file);
  expect({ code, out }).toEqual({
    code: 1,
    out: 'row 1\temail: Must be valid Unicode text without U+0000.\ncreated 0, restored 0, unchanged 0, failed 1\n',
  });
  expect(await memberships()).toEqual(before);
});

test.each([
  ['a file that does not exist', () => join(folder, 'none.csv'), /cannot be read|no such file/i],
  ['a folder', () => tmpdir(), /it is a folder/],
  ['a file that is not CSV', () => csv('email\n"x'), /not valid CSV/],
  ['an unknown column', () => csv('name\nAna'), /column/],
])('%s changes nothing', async (_, file, sentence) => {
  const before = await memberships();
  expect(await operator.fail('membership', 'import', '--hospital', String(hospital), file())).toMatch(sentence);
  expect(await memberships()).toEqual(before);
});

test('a hospital that does not exist is named', async () => {
  const file = csv(`email\n${emailOf(1)}`);
  expect(await operator.fail('membership', 'import', '--hospital', '999999999', file)).toMatch(/no hospital/);
});
