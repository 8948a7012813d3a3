import type { DataSource } from 'typeorm';
import { requireCurrentSchema, migrate, SchemaIsBehind } from '../../src/database/schema.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { isServer } from '../support/server.js';
import { undoRecord } from '../support/undo-record.js';
import { allEntries, expectSound } from './entries.js';

let database: TestDatabase;
let dataSource: DataSource;
beforeEach(async () => {
  database = await createTestDatabase();
  dataSource = database.dataSource;
  await undoRecord(dataSource);
  await dataSource.query(
    `INSERT INTO medic (name, email, email_key, is_active)
     SELECT 'M', n::text, n::text, n % 2 = 0 FROM generate_series(1, 2500) n`,
  );
  await dataSource.query(`INSERT INTO hospital (name, patron, location, contact) VALUES ('H', 'P', 'L', 'C')`);
  await dataSource.query(
    `INSERT INTO membership (medic_id, hospital_id, type, is_active, is_deleted)
     SELECT id, 1, 'MEMBER', true, id % 3 = 0 FROM medic WHERE id <= 1200`,
  );
  await dataSource.query(`INSERT INTO api_token (medic_id, label, digest) VALUES (1, 'l', 'd')`);
});
afterEach(() => database.drop());

const countsOf = async () => {
  const counts: Record<string, number> = {};
  for (const { type, medic, hospital, membership } of await allEntries(dataSource)) {
    const key = [type, membership === null ? '' : 's', medic === null ? '' : 'm', hospital === null ? '' : 'h'].join(
      '',
    );
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
};
const BEGAN = { 'record.beganm': 2501, 'record.beganh': 1, 'record.begansmh': 1200 };

test('the migration writes one record.began for every row that exists, and the entries lead to the tables', async () => {
  await migrate(dataSource);
  expect(await countsOf()).toEqual(BEGAN);
  const [first] = await allEntries(dataSource);
  expect(first).toMatchObject({
    position: 1,
    type: 'record.began',
    medic: 1,
    before: null,
    after: { is_active: false },
    actor: { type: 'operator' },
  });
  await expectSound(dataSource);
  await requireCurrentSchema(dataSource);
});

test('a second migrate, and a migrate after an interruption, write nothing twice', async () => {
  await migrate(dataSource);
  await dataSource.query('UPDATE record_head SET is_complete = false');
  await expect(requireCurrentSchema(dataSource)).rejects.toBeInstanceOf(SchemaIsBehind);
  await migrate(dataSource);
  await requireCurrentSchema(dataSource);
  expect(await countsOf()).toEqual(BEGAN);
});

test('a row that changes before the migration reaches it gets its record.began first', async () => {
  const original = dataSource.query.bind(dataSource);
  // The first look at the head comes after the migrations and before the first batch.
  dataSource.query = (async (...statement: Parameters<typeof original>) => {
    if (/FROM record_head WHERE is_complete/.test(statement[0])) {
      dataSource.query = original;
      await original('UPDATE medic SET is_active = NOT is_active WHERE id = 7');
      await original('UPDATE membership SET is_deleted = true WHERE id = 7');
      await original('DELETE FROM membership WHERE id = 8');
      await original(`UPDATE medic SET name = 'Another' WHERE id = 9`);
    }
    return original(...statement);
  }) as typeof dataSource.query;
  await migrate(dataSource);
  const entries = await allEntries(dataSource);
  expect(entries.slice(0, 7).map(({ type, membership, medic }) => [type, membership, medic])).toEqual([
    ['record.began', null, 7],
    ['medic.activated', null, 7],
    ['record.began', 7, 7],
    ['membership.removed', 7, 7],
    ['record.began', 8, 8],
    ['membership.deleted', 8, 8],
    ['record.began', null, 9],
  ]);
  await expectSound(dataSource);
});

(isServer ? test : test.skip)('the migration waits for no row lock, and finishes when the rows are free', async () => {
  await migrate(dataSource);
  await undoRecord(dataSource);
  const [holder, other] = [await database.connect(), await database.connect()];
  let isDone = false;
  const original = dataSource.query.bind(dataSource);
  dataSource.query = (async (...statement: Parameters<typeof original>) => {
    if (/FROM record_head WHERE is_complete/.test(statement[0])) {
      dataSource.query = original;
      await holder.query('BEGIN; SELECT FROM medic WHERE id = 3 FOR UPDATE');
    }
    return original(...statement);
  }) as typeof dataSource.query;
  const migrating = migrate(dataSource).then(() => (isDone = true));
  const waitingFor = 'SELECT count(*)::integer AS count FROM record_entry WHERE medic IS NOT NULL';
  const began = async () =>
    (await other.query<{ count: number }>(waitingFor).catch(() => ({ rows: [] }))).rows[0]?.count ?? 0;
  while ((await began()) < 2499) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(isDone).toBe(false);
  await holder.query('COMMIT');
  await migrating;
  expect(await countsOf()).toEqual(BEGAN);
  await holder.end();
  await other.end();
});
