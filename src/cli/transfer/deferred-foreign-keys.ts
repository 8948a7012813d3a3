import type { EntityManager } from 'typeorm';

/**
 * Does `work` in the transaction of `manager` with every foreign key checked only after it, so that rows
 * may come in any order. Afterwards the foreign keys are as they were.
 * @returns what `work` returns
 * @throws QueryFailedError a row refers to one that there is not, or the user does not own the tables
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
