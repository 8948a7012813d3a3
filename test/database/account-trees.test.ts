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

/** Undoes the migration and all later ones. */
async function undoRoots(): Promise<void> {
  const { dataSource } = database;
  const isThere = () =>
    dataSource.query<unknown[]>(`SELECT FROM information_schema.columns WHERE column_name = 'root_id'`);
  while ((await isThere()).length > 0) await dataSource.undoLastMigration();
}

test('the migration finds the root of every existing medic, and which keys come from logins', async () => {
  const { dataSource } = database;
  await undoRoots();
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

test('the migration finds the roots of more medics than a batch, before and after their creators', async () => {
  const { dataSource } = database;
  await undoRoots();
  await add(5000);
  await add(3000, 5000);
  await add(4000, 3000);
  await dataSource.query(
    `INSERT INTO medic (id, name, email, email_key, created_by_id)
     SELECT n, 'M', n::text, n::text, CASE WHEN n % 2 = 0 THEN 3000 ELSE 4000 END FROM generate_series(1, 2500) n
     UNION ALL SELECT n, 'M', n::text, n::text, n - 6000 FROM generate_series(6001, 6010) n`,
  );
  await migrate(dataSource);
  const counts = 'SELECT root_id, count(*)::integer AS count FROM medic GROUP BY root_id';
  expect(await dataSource.query(counts)).toEqual([{ root_id: 5000, count: 2513 }]);
});
