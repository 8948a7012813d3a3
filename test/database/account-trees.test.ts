import { migrate } from '../../src/database/schema.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

/** Stores a medic as an operator's SQL would. */
async function add(id: number, creator: number | null = null): Promise<void> {
  await database.dataSource.query(
    'INSERT INTO medic (id, name, email, email_key, created_by_id) VALUES ($1::integer, $1::text, $1::text, $1::text, $2)',
    [id, creator],
  );
}

/** @returns the root of each medic, by id */
async function roots(): Promise<Record<number, number>> {
  const rows = await database.dataSource.query<{ id: number; root_id: number }[]>('SELECT id, root_id FROM medic');
  return Object.fromEntries(rows.map(({ id, root_id }) => [id, root_id]));
}

test('a medic belongs to the tree of its creator, or is a root if it has none', async () => {
  await add(1);
  await add(2, 1);
  await add(3, 2);
  await add(4);
  expect(await roots()).toEqual({ 1: 1, 2: 1, 3: 1, 4: 4 });
});

test('a tree stays together when its root is deleted', async () => {
  await add(1);
  await add(2, 1);
  await add(3, 2);
  await database.dataSource.query('DELETE FROM medic WHERE id = 1');
  await add(5, 2);
  expect(await roots()).toEqual({ 2: 1, 3: 1, 5: 1 });
});

test('the migration finds the root of every existing medic, and which keys come from logins', async () => {
  const { dataSource } = database;
  const isThere = () =>
    dataSource.query<unknown[]>(`SELECT FROM information_schema.columns WHERE column_name = 'root_id'`);
  while ((await isThere()).length > 0) await dataSource.undoLastMigration();
  await add(1);
  await add(2, 1);
  await add(3, 2);
  await add(4);
  await add(5);
  await dataSource.query('UPDATE medic SET created_by_id = 5 WHERE id = 5');
  await dataSource.query(
    `INSERT INTO api_token (medic_id, label, digest, expires_at)
     VALUES (1, 'login', 'a', now()), (1, 'login', 'b', NULL), (1, 'created', 'c', now())`,
  );
  await migrate(dataSource);
  expect(await roots()).toEqual({ 1: 1, 2: 1, 3: 1, 4: 4, 5: 5 });
  expect(await dataSource.query('SELECT is_login FROM api_token ORDER BY digest')).toEqual([
    { is_login: true },
    { is_login: false },
    { is_login: false },
  ]);
});
