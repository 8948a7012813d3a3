import type { TestDatabase } from './database.js';

/**
 * Makes a database believe that it is on a standby, as it is after a failover, or behind a pooler that has just switched.
 * Ends its sessions, because only new ones are deceived.
 * @param isDeceived SQL for whether the statement `current_query()` is deceived; by default every statement is
 */
export async function simulateStandby(database: TestDatabase, isDeceived = 'true'): Promise<void> {
  const client = await database.connect();
  await client.query(`CREATE SCHEMA IF NOT EXISTS standby;
    CREATE OR REPLACE FUNCTION standby.pg_is_in_recovery() RETURNS boolean LANGUAGE sql VOLATILE AS $$ SELECT ${isDeceived} $$;
    CREATE OR REPLACE FUNCTION standby.pg_current_xact_id() RETURNS xid8 LANGUAGE plpgsql VOLATILE AS
      $$ BEGIN RAISE read_only_sql_transaction; END $$;`);
  // New sessions resolve the two names to these functions.
  await client.query(`ALTER DATABASE ${client.database ?? ''} SET search_path = standby, pg_catalog, public`);
  await client.query(
    'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()',
    [client.database],
  );
  await client.end();
}
