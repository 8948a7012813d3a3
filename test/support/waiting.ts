import type pg from 'pg';

/**
 * @param client connected to the database of a test: others of the server have tests of their own
 * @param table where it is given, only locks of this table count
 * @returns the processes that wait for a lock of a table of that database
 */
export async function waitingIn(client: pg.Client, table: string | null = null): Promise<number[]> {
  // Not pg_stat_activity, which shows the same to a transaction until it ends.
  const { rows } = await client.query<{ pid: number }>(
    `SELECT pid FROM pg_locks
     WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND ($1::text IS NULL OR relation = $1::regclass)`,
    [table],
  );
  return rows.map(({ pid }) => pid);
}
