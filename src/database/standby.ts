import { DatabaseUnavailable } from './database-errors.js';

/**
 * A connection reached a standby: a primary that was demoted, or a replica that was never promoted. Its rights
 * may be out of date, so nothing is read from it. The code is read_only_sql_transaction, as PostgreSQL itself
 * reports for {@link ON_PRIMARY} on a standby.
 */
export class StandbyRefused extends DatabaseUnavailable {
  readonly code = '25006';
}

/**
 * SQL condition that is true on a primary, and fails with SQLSTATE 25006 on a standby. For statements that decide
 * a right: behind a pooler each one may run on another server than the one that the connection was checked on.
 * As a subquery without columns it is evaluated once, before any row is looked for.
 */
export const ON_PRIMARY = `(SELECT CASE WHEN pg_is_in_recovery() THEN pg_current_xact_id() IS NOT NULL ELSE true END)`;
