import { MigrationExecutor, type DataSource, type EntityManager } from 'typeorm';
import { beginRecord, hasRecordBegun } from './begin-record.js';
import { OperatorError } from '../common/errors.js';

/** An arbitrary advisory lock id that nothing else in the database uses. */
const MIGRATION_LOCK = 7_203_114_550;

/** The database lacks migrations that this version of the service needs. */
export class SchemaIsBehind extends OperatorError {
  constructor() {
    super('The schema of the database is behind this version of the service; run `npm run cli -- migrate` first.');
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
 * @returns the names of the migrations that ran
 * @throws EncodingIsNotUtf8
 */
export async function migrate(dataSource: DataSource): Promise<string[]> {
  const ran = await runMigrations(dataSource);
  // Outside the transaction above, because it takes long on a large database.
  await beginRecord(dataSource);
  return ran;
}

function runMigrations(dataSource: DataSource): Promise<string[]> {
  // The lock and the setting end with the transaction. Behind a pooler, session-level ones would leak to other clients.
  return dataSource.transaction(async (manager) => {
    await requireUtf8(manager);
    await manager.query('SET LOCAL statement_timeout = 0');
    await manager.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    const ran = await new MigrationExecutor(dataSource, manager.queryRunner).executePendingMigrations();
    return ran.map((migration) => migration.name);
  });
}

/**
 * @throws SchemaIsBehind there are pending migrations, or `migrate` was interrupted
 * @throws RecordIsForbidden
 * @throws EncodingIsNotUtf8
 */
export async function requireCurrentSchema(dataSource: DataSource): Promise<void> {
  await requireUtf8(dataSource);
  const pending = await new MigrationExecutor(dataSource).getPendingMigrations();
  if (pending.length > 0 || !(await hasRecordBegun(dataSource))) throw new SchemaIsBehind();
}

async function requireUtf8(on: DataSource | EntityManager): Promise<void> {
  const [row] = await on.query<{ server_encoding: string }[]>('SHOW server_encoding');
  if (row !== undefined && row.server_encoding !== 'UTF8') throw new EncodingIsNotUtf8(row.server_encoding);
}
