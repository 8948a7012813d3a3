import type { DataSource } from 'typeorm';
import { withoutRecord } from '../../src/record/bulk.js';
import { RECORDED_TABLES } from '../../src/record/recorded-tables.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { entriesOf, expectSound } from './entries.js';

let database: TestDatabase;
let dataSource: DataSource;
beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = database.dataSource;
  for (const sql of [
    `INSERT INTO medic (name, email, email_key) SELECT 'M', n::text, n::text FROM generate_series(1, 2) n`,
    `INSERT INTO hospital (name, patron, location, contact) SELECT 'H', 'P', 'L', 'C' FROM generate_series(1, 2)`,
    `INSERT INTO membership (medic_id, hospital_id, type, is_active) VALUES (1, 1, 'ADMIN', true)`,
    `INSERT INTO api_token (medic_id, label, digest) VALUES (1, 'l', 'd')`,
    `INSERT INTO service_account (name, scopes, digest, expires_at)
     VALUES ('a', '{event:read}', sha256('x'), now() + interval '1 year')`,
  ])
    await dataSource.query(sql);
});
afterAll(() => database.drop());

/** @returns the triggers of the record: their tables, and whether they also run in a session that replays changes */
const triggers = () =>
  dataSource.query<{ table: string; name: string; enabled: string }[]>(
    `SELECT tgrelid::regclass::text AS table, tgname AS name, tgenabled AS enabled
     FROM pg_trigger WHERE tgname LIKE 'zz\\_record\\_%' ORDER BY 1, 2`,
  );

const UPDATES: Readonly<Record<string, string>> = {
  membership: `SET type = 'MEMBER'`,
  medic: 'SET is_active = NOT is_active',
  hospital: 'SET is_active = NOT is_active',
  api_token: 'SET revoked_at = now()',
  service_account: 'SET revoked_at = now()',
};

test.each(RECORDED_TABLES.map(({ name }) => name))(
  'a change of a row of %s in a session that replays changes is recorded',
  async (table) => {
    const entries = await entriesOf(dataSource, () =>
      dataSource.transaction(async (manager) => {
        await manager.query('SET LOCAL session_replication_role = replica');
        await manager.query(`UPDATE ${table} ${UPDATES[table] ?? ''} WHERE id = 1`);
      }),
    );
    expect(entries).toHaveLength(1);
    await expectSound(dataSource);
  },
);

test('every trigger of the record also runs in a session that replays changes, and again after triggers were off', async () => {
  const before = await triggers();
  const tables = new Set(before.map(({ table }) => table));
  expect([...tables].sort()).toEqual(RECORDED_TABLES.map(({ name }) => name).sort());
  expect(before.filter(({ enabled }) => enabled !== 'A')).toEqual([]);
  await dataSource.transaction((manager) => withoutRecord(manager, () => manager.query('SELECT')));
  expect(await triggers()).toEqual(before);
});

test.each([
  ['an id', 'UPDATE api_token SET id = 99'],
  ['the medic', 'UPDATE api_token SET medic_id = 2'],
  ['an id', 'UPDATE service_account SET id = 99'],
])('a change of %s is refused: %s', async (_, sql) => {
  await expect(dataSource.query(sql)).rejects.toMatchObject({ code: '23000' });
});

test('functions with the rights of the owner have a fixed path, and are not for everybody', async () => {
  const functions = await dataSource.query<{ name: string; path: string | null; isPublic: boolean }[]>(
    `SELECT proname AS name, proconfig[1] AS path, has_function_privilege('public', oid, 'EXECUTE') AS "isPublic"
     FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace ORDER BY 1`,
  );
  expect(functions.map(({ name }) => name)).toEqual(expect.arrayContaining(['record_change', 'record_sequence']));
  for (const { name, path, isPublic } of functions)
    expect({ name, path, isPublic }).toEqual({
      name,
      path: 'search_path=pg_catalog, public, pg_temp',
      isPublic: false,
    });
});
