import type pg from 'pg';

/**
 * @param client connected to the test's own database, because other databases of the server have their
 * own tests
 * @param table if given, only locks of this table count
 * @returns the process ids that wait for a lock of a table of that database
 */
export async function waitingIn(client: pg.Client, table: string | null = null): Promise<number[]> {
  // pg_stat_activity does not change within a transaction.
  const { rows } = await client.query<{ pid: number }>(
    `SELECT pid FROM pg_locks
     WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND ($1::text IS NULL OR relation = $1::regclass)`,
    [table],
  );
  return rows.map(({ pid }) => pid);
}
