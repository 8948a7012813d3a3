import { MigrationExecutor, type DataSource, type EntityManager } from 'typeorm';
import { OperatorError } from '../common/errors.js';

/** Any number that nothing else in the database uses as an advisory lock. */
const MIGRATION_LOCK = 7_203_114_550;

/** The database lacks migrations that this version of the service needs. */
export class SchemaIsBehind extends OperatorError {
  constructor() {
    super('The schema of the database is behind this version of the service; run `npm run cli -- migrate` first.');
  }
}

/** Texts would be compared, folded and cut as bytes, or could not be stored. */
export class EncodingIsNotUtf8 extends OperatorError {
  constructor(encoding: string) {
    super(
      `The database has the encoding ${encoding}; create one with ENCODING 'UTF8' TEMPLATE template0, and use that ` +
        '(docs/operations.md).',
    );
  }
}

/**
 * Brings the schema up to date. Safe to run twice, and from two places at once: the second waits.
 * @returns the names of the migrations that ran
 * @throws EncodingIsNotUtf8
 */
export function migrate(dataSource: DataSource): Promise<string[]> {
  // Lock and setting end with the transaction: behind a pooler a session would leave them to somebody else.
  return dataSource.transaction(async (manager) => {
    await requireUtf8(manager);
    await manager.query('SET LOCAL statement_timeout = 0');
    await manager.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    const ran = await new MigrationExecutor(dataSource, manager.queryRunner).executePendingMigrations();
    return ran.map((migration) => migration.name);
  });
}

/** @throws SchemaIsBehind a migration has not run yet; EncodingIsNotUtf8 */
export async function requireCurrentSchema(dataSource: DataSource): Promise<void> {
  await requireUtf8(dataSource);
  const pending = await new MigrationExecutor(dataSource).getPendingMigrations();
  if (pending.length > 0) throw new SchemaIsBehind();
}

async function requireUtf8(on: DataSource | EntityManager): Promise<void> {
  const [row] = await on.query<{ server_encoding: string }[]>('SHOW server_encoding');
  if (row !== undefined && row.server_encoding !== 'UTF8') throw new EncodingIsNotUtf8(row.server_encoding);
}
