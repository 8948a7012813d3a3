import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { DataSource } from 'typeorm';
import { exportDatabase } from '../../src/cli/transfer/export-database.js';
import { importDatabase } from '../../src/cli/transfer/import-database.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { everythingOf, fill } from '../support/treasure.js';
import { allEntries, expectSound } from './entries.js';

let folder: string;
let lines: string[];
let exported: unknown;
let target: TestDatabase;
let dataSource: DataSource;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hospital-memberships-'));
  const source = await createTestDatabase();
  await fill(source.dataSource, 300, 300);
  await exportDatabase(source.dataSource, join(folder, 'whole.gz'), () => undefined);
  lines = gunzipSync(await readFile(join(folder, 'whole.gz')))
    .toString()
    .trimEnd()
    .split('\n');
  exported = await everythingOf(source.dataSource);
  await source.drop();
});
beforeEach(async () => {
  target = await createTestDatabase();
  dataSource = target.dataSource;
});
afterEach(() => target.drop());
afterAll(() => rm(folder, { recursive: true }));

async function importLines(all: readonly string[]): Promise<void> {
  const file = join(folder, 'changed.gz');
  await writeFile(file, gzipSync(all.map((line) => `${line}\n`).join('')));
  await importDatabase(dataSource, file, () => undefined);
}

test('an import restores the record and its tree as they were, and the record continues', async () => {
  await importLines(lines);
  expect(await everythingOf(dataSource)).toEqual(exported);
  const before = (await allEntries(dataSource)).length;
  for (let number = 0; number < 3; number += 1) {
    await dataSource.query('UPDATE medic SET is_active = NOT is_active WHERE id = 3');
    await expectSound(dataSource);
  }
  expect(await allEntries(dataSource)).toHaveLength(before + 3);
});

const lineWith = (text: string) => lines.findIndex((line) => line.includes(text));
const changed = (text: string, from: string, to: string) => {
  const line = lines[lineWith(text)] ?? '';
  expect(line).toContain(from);
  return lines.with(lineWith(text), line.replace(from, to));
};

test.each([
  [
    'an entry was changed',
    () => changed('membership.created', 'is_deleted\\":false', 'is_deleted\\":true'),
    /entries of its record are missing or changed/,
  ],
  [
    'an entry differs from its columns',
    () => changed('membership.created', '"membership.created"', '"membership.removed"'),
    /entry \d+ of its record is wrong/,
  ],
  [
    'an entry is no JSON',
    () => changed('membership.created', '\\"type\\":', '\\"type\\"'),
    /entry \d+ of its record is wrong/,
  ],
  [
    'an entry is missing',
    () =>
      lines
        .toSpliced(lineWith('membership.created'), 1)
        .map((line) =>
          line.replace(/"record_entry":(\d+)/, (_, count) => `"record_entry":${String(Number(count) - 1)}`),
        ),
    /entry \d+ of its record is wrong/,
  ],
  [
    'a row is not what its entries say',
    () => changed('{"table":"membership","row":["3"', '"ADMIN"', '"MEMBER"'),
    /does not lead to the state of membership 3/,
  ],
] as const)('an import is refused, and nothing is stored, if %s', async (_, file, reason) => {
  const before = await everythingOf(dataSource);
  await expect(importLines(file())).rejects.toThrow(reason);
  expect(await everythingOf(dataSource)).toEqual(before);
});
