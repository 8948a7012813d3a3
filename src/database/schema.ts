import { MigrationExecutor, type DataSource } from 'typeorm';
import { OperatorError } from '../common/operator-error.js';

/** Any number that nothing else in the database uses as an advisory lock. */
const MIGRATION_LOCK = 7_203_114_550;

/** The database lacks migrations that this version of the service needs. */
export class SchemaIsBehind extends OperatorError {
  constructor() {
    super('The schema of the database is behind this version of the service; run `npm run cli -- migrate` first.');
  }
}

/**
 * Brings the schema up to date. Safe to run twice, and from two places at once: the second waits.
 * @returns the names of the migrations that ran
 */
export function migrate(dataSource: DataSource): Promise<string[]> {
  // Lock and setting end with the transaction: behind a pooler a session would leave them to somebody else.
  return dataSource.transaction(async (manager) => {
    await manager.query('SET LOCAL statement_timeout = 0');
    await manager.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    const ran = await new MigrationExecutor(dataSource, manager.queryRunner).executePendingMigrations();
    return ran.map((migration) => migration.name);
  });
}

/** @throws SchemaIsBehind a migration has not run yet */
export async function requireCurrentSchema(dataSource: DataSource): Promise<void> {
  const pending = await new MigrationExecutor(dataSource).getPendingMigrations();
  if (pending.length > 0) throw new SchemaIsBehind();
}
