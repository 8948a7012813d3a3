import type { EntityManager } from 'typeorm';

/**
 * Runs `work` in the transaction of `manager` with all foreign keys deferred, so that rows may come in any order.
 * Checks and restores the foreign keys afterwards.
 * @returns the result of `work`
 * @throws QueryFailedError a row violates a foreign key, or the user does not own the tables
 */
export async function withDeferredForeignKeys<T>(
  manager: EntityManager,
  tables: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  const keys = await manager.query<{ table: string; name: string }[]>(
    `SELECT conrelid::regclass::text AS table, quote_ident(conname) AS name FROM pg_constraint
     WHERE contype = 'f' AND NOT condeferrable AND conrelid = ANY ($1::text[]::regclass[])`,
    [tables],
  );
  const alterAll = async (state: string) => {
    for (const { table, name } of keys) await manager.query(`ALTER TABLE ${table} ALTER CONSTRAINT ${name} ${state}`);
  };
  await alterAll('DEFERRABLE INITIALLY DEFERRED');
  const result = await work();
  await manager.query('SET CONSTRAINTS ALL IMMEDIATE');
  await alterAll('NOT DEFERRABLE');
  return result;
}
