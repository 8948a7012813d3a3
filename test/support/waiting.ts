import type pg from 'pg';

/**
 * @param client connected to the database of a test: others of the server have tests of their own
 * @param table where it is given, only locks of this table count
 * @returns the processes of the database that wait for a lock
 */
export async function waitingIn(client: pg.Client, table: string | null = null): Promise<number[]> {
  const { rows } = await client.query<{ pid: number }>(
    `SELECT DISTINCT pid FROM pg_locks JOIN pg_stat_activity USING (pid)
     WHERE NOT granted AND datname = current_database() AND ($1::text IS NULL OR relation = $1::regclass)`,
    [table],
  );
  return rows.map(({ pid }) => pid);
}
