import type pg from 'pg';
import type { DataSource } from 'typeorm';
import { migrate, requireCurrentSchema } from '../../src/database/schema.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { restorePreviousSchema } from '../support/previous-schema.js';
import { schemaOf } from '../support/schema-of.js';
import { isServer } from '../support/server.js';
import { until } from '../support/until.js';

/** The indexes of tables that have rows, in the order of their builds. */
const BUILDS = [
  'membership_live_of_medic',
  'membership_by_hospital_and_state',
  'membership_of_hospital_by_medic',
  'hospital_inactive',
  'medic_inactive',
  'membership_due',
  'membership_limited_newest_first',
  'membership_by_hospital_and_state_new',
];

let database: TestDatabase;
let dataSource: DataSource;
let current: string[];
let watcher: pg.Client;
let client: pg.Client;
const testOnServer = isServer ? test : test.skip;
if (isServer) {
  beforeEach(async () => {
    database = await createTestDatabase();
    dataSource = database.dataSource;
    // It prints each failure.
    dataSource.logger.logMigration = () => undefined;
    current = await schemaOf(dataSource);
    await restorePreviousSchema(database);
    watcher = await database.connect();
    client = await database.connect();
    // Ends a wait in vain, so that the test fails.
    await client.query(`SET lock_timeout = '20s'`);
    await client.query(
      `INSERT INTO medic (name, email, email_key, created_by_id)
       SELECT 'M', n::text, n::text, nullif(1, n) FROM generate_series(1, 3) n`,
    );
    await client.query(`INSERT INTO hospital (name, patron, location, contact) VALUES ('H', 'P', 'L', 'C')`);
    await client.query(`INSERT INTO membership (medic_id, hospital_id, type, is_active) VALUES (1, 1, 'MEMBER', true)`);
  });
  afterEach(() => database.drop());
}

/** Reads and writes like a process of the previous version. */
async function serve(turn: number): Promise<void> {
  const email = `turn ${String(turn)}`;
  await client.query('SELECT FROM membership JOIN medic ON medic.id = medic_id JOIN hospital h ON h.id = hospital_id');
  await client.query(`UPDATE membership SET type = CASE type WHEN 'ADMIN' THEN 'MEMBER' ELSE 'ADMIN' END WHERE id = 1`);
  await client.query('UPDATE hospital SET is_active = NOT is_active WHERE id = 1');
  await client.query(`INSERT INTO api_token (medic_id, label, digest) VALUES (2, 'login', $1::text::bytea)`, [email]);
  await client.query(
    `WITH added AS (
       INSERT INTO medic (name, email, email_key, created_by_id) VALUES ('M', $1::text, $1::text, 2) RETURNING id)
     INSERT INTO membership (medic_id, hospital_id, type, is_active) SELECT id, 1, 'MEMBER', true FROM added`,
    [email],
  );
}

/** Begins a transaction with a snapshot, for whose end every concurrent build of an index waits. @returns its end */
async function takeSnapshot(): Promise<() => Promise<void>> {
  const older = await database.connect();
  await older.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
  return () => older.end();
}

interface Build {
  readonly pid: number;
  readonly name: string;
}

/** @returns the build that waits for a snapshot, unless it is one of `known` */
async function heldUpBuild(known: readonly string[]): Promise<Build | undefined> {
  const { rows } = await watcher.query<Build>(
    `SELECT pid, index_relid::regclass::text AS name FROM pg_stat_progress_create_index
     WHERE datname = current_database() AND phase = 'waiting for old snapshots'`,
  );
  return rows.find(({ name }) => !known.includes(name));
}

async function invalidIndexes(): Promise<string[]> {
  const { rows } = await watcher.query<{ name: string }>(
    'SELECT indexrelid::regclass::text AS name FROM pg_index WHERE NOT indisvalid',
  );
  return rows.map(({ name }) => name);
}

testOnServer('readers and writers of the previous version go on during each build of an index', async () => {
  const builds: string[] = [];
  let isDone = false;
  let release = await takeSnapshot();
  const migrating = migrate(dataSource).finally(() => (isDone = true));
  for (;;) {
    const build = await until(async () => isDone || (await heldUpBuild(builds)));
    if (build === true) break;
    builds.push(build.name);
    await serve(builds.length);
    // Holds up the next build, but not this one, which is older.
    const next = await takeSnapshot();
    await release();
    release = next;
  }
  await migrating;
  await release();
  expect(builds).toEqual(BUILDS);
  expect(await schemaOf(dataSource)).toEqual(current);
});

testOnServer('an index whose build was interrupted is built again, and the schema becomes the same', async () => {
  const interrupted: string[] = [];
  let release = await takeSnapshot();
  for (;;) {
    let isDone = false;
    const migrating = migrate(dataSource)
      .catch((error: unknown) => error)
      .finally(() => (isDone = true));
    const last = interrupted.at(-1);
    if (last !== undefined) {
      await until(async () => (await heldUpBuild([]))?.name === last);
      const next = await takeSnapshot();
      await release();
      release = next;
    }
    const build = await until(async () => isDone || (await heldUpBuild(interrupted)));
    if (build === true) {
      expect(await migrating).toBeInstanceOf(Array);
      break;
    }
    await watcher.query('SELECT pg_cancel_backend($1)', [build.pid]);
    expect(await migrating).toBeInstanceOf(Error);
    expect(await invalidIndexes()).toEqual([build.name]);
    interrupted.push(build.name);
  }
  await release();
  expect(interrupted).toEqual(BUILDS);
  expect(await invalidIndexes()).toEqual([]);
  expect(await schemaOf(dataSource)).toEqual(current);
  await requireCurrentSchema(dataSource);
});

/** @returns whether a session waits for a lock of medics in this mode */
async function isAwaited(mode: string): Promise<boolean> {
  const { rows } = await watcher.query(
    `SELECT FROM pg_locks WHERE NOT granted AND relation = 'medic'::regclass AND mode = $1
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [mode],
  );
  return rows.length > 0;
}

// PostgreSQL ends an automatic VACUUM for the last one, which holds nobody up, after a second.
testOnServer.each([
  ['reads a table', 'SELECT FROM medic', 'AccessExclusiveLock'],
  ['writes to a table', 'UPDATE medic SET is_active = true WHERE id = 1', 'AccessExclusiveLock'],
  ['locks a table as VACUUM does', 'LOCK TABLE medic IN SHARE UPDATE EXCLUSIVE MODE', 'ShareUpdateExclusiveLock'],
])('an open transaction that %s delays the migration, but nobody else', async (_, statement, awaited) => {
  const open = await database.connect();
  await open.query(`BEGIN; ${statement}`);
  let isDone = false;
  const migrating = migrate(dataSource).finally(() => (isDone = true));
  for (let turn = 1; turn <= 3; turn += 1) {
    await until(() => isAwaited(awaited));
    await serve(turn);
  }
  expect(isDone).toBe(false);
  await open.query('COMMIT');
  await migrating;
  await open.end();
  expect(await schemaOf(dataSource)).toEqual(current);
});
