import { DatabaseUnavailable } from './database-errors.js';

/** read_only_sql_transaction, which PostgreSQL reports if a write, or {@link ON_PRIMARY}, runs on a standby. */
export const READ_ONLY = '25006';

/**
 * The server is a standby: a demoted primary, or a replica that was never promoted. Its data may be stale, so no right
 * is decided there.
 */
export class StandbyRefused extends DatabaseUnavailable {
  readonly code = READ_ONLY;
}

/**
 * SQL condition that is true on a primary and fails with SQLSTATE 25006 on a standby. Statements that decide a right
 * need it, because a pooler may run each statement on another server than the one that was checked. PostgreSQL
 * evaluates the uncorrelated subquery once, before it reads rows.
 */
export const ON_PRIMARY = `(SELECT CASE WHEN pg_is_in_recovery() THEN pg_current_xact_id() IS NOT NULL ELSE true END)`;
