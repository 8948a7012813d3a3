import { setTimeout as sleep } from 'node:timers/promises';
import { MigrationExecutor, type DataSource, type EntityManager } from 'typeorm';
import { beginRecord, hasRecordBegun } from './begin-record.js';
import { EmbeddedDataSource } from './embedded-data-source.js';
import type { SessionClient } from './session-client.js';
import { OperatorError } from '../common/errors.js';

/** An arbitrary advisory lock id that nothing else in the database uses. */
const MIGRATION_LOCK = 7_203_114_550;

/** How often to look whether another `migrate` has ended, in milliseconds. */
const POLL_MS = 100;

/** The database lacks migrations that this version of the service needs. */
export class SchemaIsBehind extends OperatorError {
  constructor() {
    super('The schema of the database is behind this version of the service; run `npm run cli -- migrate` first.');
  }
}

/** The role has no rights on the tables. */
export class TablesAreForbidden extends OperatorError {
  constructor() {
    super(
      "The role in DATABASE_URL may not read the tables; run deploy/grants.sql as the schema's owner " +
        '(docs/operations.md).',
    );
  }
}

/** Only UTF8 can store every text, and compares, folds and truncates by character. */
export class EncodingIsNotUtf8 extends OperatorError {
  constructor(encoding: string) {
    super(
      `The database has the encoding ${encoding}; use one created with ENCODING 'UTF8' TEMPLATE template0 ` +
        '(docs/operations.md).',
    );
  }
}

/**
 * Runs the pending migrations, and begins the record of what exists. Concurrent calls are safe: the second one waits.
 * After an interruption it continues with the migration that was interrupted, from its beginning.
 * @returns the names of the migrations that ran
 * @throws EncodingIsNotUtf8
 * @throws TableIsInUse
 * @throws RecordIsForbidden
 */
export async function migrate(dataSource: DataSource): Promise<string[]> {
  await requireUtf8(dataSource);
  const ran = await alone(dataSource, () => runMigrations(dataSource));
  await beginRecord(dataSource);
  return ran;
}

/**
 * Does the work while no other process migrates. The lock belongs to a transaction on a connection of its own: behind a
 * pooler, one of a session would leak to other clients. Neither that transaction nor those who wait for the lock may
 * hold a snapshot meanwhile, because a concurrent build of an index waits for all older ones; hence a statement without
 * parameters, whose portal closes at once, and hence no `pg_advisory_xact_lock`.
 */
async function alone<Result>(dataSource: DataSource, work: () => Promise<Result>): Promise<Result> {
  // Its folder is locked, and it has no second connection.
  if (dataSource instanceof EmbeddedDataSource) return work();
  for (;;) {
    const done = await dataSource.transaction('READ COMMITTED', async (manager) => {
      await manager.query('SET LOCAL idle_in_transaction_session_timeout = 0');
      const [{ isOurs }] = await manager.query<[{ isOurs: boolean }]>(
        `SELECT pg_try_advisory_xact_lock(${String(MIGRATION_LOCK)}) AS "isOurs"`,
      );
      return isOurs ? { result: await work() } : undefined;
    });
    if (done !== undefined) return done.result;
    await sleep(POLL_MS);
  }
}

async function runMigrations(dataSource: DataSource): Promise<string[]> {
  const queryRunner = dataSource.createQueryRunner();
  const session = (await queryRunner.connect()) as SessionClient;
  // Behind a pooler the setting would leak to other clients.
  const isOurs = session.keepsPrepared;
  try {
    if (isOurs) await queryRunner.query('SET statement_timeout = 0');
    const executor = new MigrationExecutor(dataSource, queryRunner);
    executor.transaction = 'each';
    return (await executor.executePendingMigrations()).map(({ name }) => name);
  } finally {
    if (isOurs) await queryRunner.query('RESET statement_timeout').catch(() => undefined);
    await queryRunner.release();
  }
}

/**
 * @throws SchemaIsBehind there are pending migrations, or `migrate` was interrupted
 * @throws TablesAreForbidden
 * @throws RecordIsForbidden
 * @throws EncodingIsNotUtf8
 */
export async function requireCurrentSchema(dataSource: DataSource): Promise<void> {
  await requireUtf8(dataSource);
  await requireReadable(dataSource);
  const pending = await new MigrationExecutor(dataSource).getPendingMigrations();
  if (pending.length > 0 || !(await hasRecordBegun(dataSource))) throw new SchemaIsBehind();
}

/** To TypeORM a table without rights does not exist, because `information_schema` hides it. */
async function requireReadable(dataSource: DataSource): Promise<void> {
  const [{ isReadable }] = await dataSource.query<[{ isReadable: boolean | null }]>(
    `SELECT has_table_privilege(to_regclass('migration'), 'SELECT') AS "isReadable"`,
  );
  // It is null if the table does not exist.
  if (isReadable === false) throw new TablesAreForbidden();
}

async function requireUtf8(on: DataSource | EntityManager): Promise<void> {
  const [row] = await on.query<{ server_encoding: string }[]>('SHOW server_encoding');
  if (row !== undefined && row.server_encoding !== 'UTF8') throw new EncodingIsNotUtf8(row.server_encoding);
}
