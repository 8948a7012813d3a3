import type pg from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import { changeRows, changeTable } from '../../src/database/migrations/online.js';
import { migrate } from '../../src/database/schema.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { restorePreviousSchema } from '../support/previous-schema.js';
import { isServer } from '../support/server.js';
import { until } from '../support/until.js';
import { waitingIn } from '../support/waiting.js';

let database: TestDatabase;
let dataSource: DataSource;
let queryRunner: QueryRunner;
beforeEach(async () => {
  database = await createTestDatabase();
  dataSource = database.dataSource;
  queryRunner = dataSource.createQueryRunner();
});
afterEach(async () => {
  await queryRunner.release();
  await database.drop();
});
const testOnServer = isServer ? test : test.skip;

const add = (client: pg.Client, id: number, creator: number | null = null) =>
  client.query(
    'INSERT INTO medic (id, name, email, email_key, created_by_id) VALUES ($1::integer, $1::text, $1::text, $1::text, $2)',
    [id, creator],
  );

testOnServer('a table that others do not let go of is named, and is not changed', async () => {
  const open = await database.connect();
  await open.query('BEGIN; SELECT FROM hospital');
  const change = () =>
    changeTable(queryRunner, 'hospital', () => queryRunner.query('ALTER TABLE hospital ADD beds integer'), {
      wait: 20,
      pause: 1,
      attempts: 3,
    });
  await expect(change()).rejects.toThrow(
    /^The migration cannot change the table hospital, because another transaction does not end\. Find it with SELECT/,
  );
  expect(await queryRunner.hasColumn('hospital', 'beds')).toBe(false);
  await open.query('COMMIT');
  await open.end();
  await change();
  expect(await queryRunner.hasColumn('hospital', 'beds')).toBe(true);
});

test('rows are changed in batches, none of them twice', async () => {
  await queryRunner.query(
    'CREATE TABLE sample AS SELECT id, 0 AS value FROM generate_series(-100, 2400) id WHERE id <> 7',
  );
  const change = 'changed AS (UPDATE sample SET value = value + sample.id FROM batch WHERE sample.id = batch.id)';
  await changeRows(queryRunner, 'sample', 'value = 0 AND id <> 0', change);
  expect(
    await queryRunner.query('SELECT count(*)::integer AS count, bool_and(value = id) AS once FROM sample'),
  ).toEqual([{ count: 2500, once: true }]);
});

testOnServer('a row that is locked is changed when it is free, and holds up no other row', async () => {
  const open = await database.connect();
  await open.query('CREATE TABLE sample AS SELECT id, false AS is_changed FROM generate_series(1, 1500) id');
  await open.query('BEGIN; SELECT FROM sample WHERE id = 3 FOR UPDATE');
  let isDone = false;
  const change = 'changed AS (UPDATE sample SET is_changed = true FROM batch WHERE sample.id = batch.id)';
  const changing = changeRows(queryRunner, 'sample', 'NOT is_changed', change).finally(() => (isDone = true));
  const left = async () => (await open.query<{ id: number }>('SELECT id FROM sample WHERE NOT is_changed')).rows;
  await until(async () => (await left()).length === 1);
  expect([await left(), isDone]).toEqual([[{ id: 3 }], false]);
  await open.query('COMMIT');
  await changing;
  expect(await left()).toEqual([]);
  await open.end();
});

testOnServer('a medic who is added while the migration looks for roots gets the root of its creator', async () => {
  await restorePreviousSchema(database);
  const [gate, writer] = [await database.connect(), await database.connect()];
  await add(gate, 1);
  await add(gate, 2, 1);
  await gate.query(`
    CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NEW; END $$;
    CREATE TRIGGER wait_at_gate BEFORE UPDATE ON medic EXECUTE FUNCTION wait_at_gate();
    SELECT pg_advisory_lock(1)`);
  const migrating = migrate(dataSource);
  await until(async () => (await waitingIn(gate)).length > 0);
  // Not committed before the last look for medics without a root.
  await writer.query('BEGIN');
  await add(writer, 3, 2);
  await gate.query('SELECT pg_advisory_unlock(1)');
  await until(async () => (await waitingIn(gate, 'medic')).length > 0);
  await writer.query('COMMIT');
  await migrating;
  expect(await dataSource.query('SELECT id, root_id FROM medic ORDER BY id')).toEqual([
    { id: 1, root_id: 1 },
    { id: 2, root_id: 1 },
    { id: 3, root_id: 1 },
  ]);
  await Promise.all([gate.end(), writer.end()]);
});
