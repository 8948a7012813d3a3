import { QueryFailedError } from 'typeorm';
import { databaseFailureOf, DatabaseUnavailable, domainErrorOf, OutOfIds } from '../database/database-errors.js';
import type { FieldErrors } from '../common/errors.js';
import { OperatorError } from '../common/errors.js';
import { InvalidEnvironment } from '../config/environment.js';
import { CONSTRAINT_ERRORS } from './constraint-errors.js';
import { StandbyRefused } from '../database/standby.js';

const REFUSED_STATES: Readonly<Record<string, string>> = {
  '08P01':
    'rejected the connection, as PgBouncer does without the required settings; see "Behind PgBouncer" in docs/operations.md',
  '28000': 'does not allow this user to connect',
  '28P01': 'rejected this password',
  '3D000': 'has no database with this name',
  '42501': 'does not allow this user to do that',
};

/** SQLSTATEs of connection failures and of a server that is ending or starting, and codes of the operating system. */
const IS_AWAY = /^(08|57P0[123]|\D)/;

/**
 * @param variables the settings; without DATABASE_URL an error of the database is one of the embedded database
 * @returns the reason why the process ends, as a sentence for the operator without secrets
 */
export function sentenceOf(error: unknown, variables: NodeJS.ProcessEnv = process.env): string {
  if (error instanceof InvalidEnvironment) return `The settings are not valid: ${error.message}`;
  if (error instanceof OperatorError) return error.message;
  if (error instanceof StandbyRefused)
    return 'The PostgreSQL of DATABASE_URL is a standby, which is read-only; name the primary, or promote the standby.';
  const refusal = domainErrorOf(error, CONSTRAINT_ERRORS);
  if (refusal?.kind === 'invalid') return sentencesOf(refusal.details['errors'] as FieldErrors);
  if (refusal instanceof OutOfIds) return 'A table has used its last id (2147483647), so nothing can be added to it.';
  if (refusal !== undefined && !(refusal instanceof DatabaseUnavailable)) return refusal.message;
  const { code, message } = databaseFailureOf(error);
  if (variables['DATABASE_URL'] === undefined && code !== undefined && isOfDatabase(error))
    return `The embedded database in DATA_DIR reported an error (SQLSTATE ${code}); try again, and report the code if the error stays.`;
  if (message === 'The server does not support SSL connections')
    return 'The PostgreSQL of DATABASE_URL does not support TLS; enable it there, or remove sslmode from the URL.';
  if (code !== undefined && /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code)) {
    return `The certificate of the PostgreSQL of DATABASE_URL is not trusted (${code}); check sslmode and sslrootcert.`;
  }
  const refused = code === undefined ? undefined : REFUSED_STATES[code];
  if (refused !== undefined) return `The PostgreSQL of DATABASE_URL ${refused}.`;
  if (refusal !== undefined && (code === undefined || IS_AWAY.test(code)))
    return 'The PostgreSQL of DATABASE_URL cannot be reached; check that it is running, and check the URL.';
  if (refusal !== undefined)
    return `The PostgreSQL of DATABASE_URL gave up a statement (SQLSTATE ${String(code)}); docs/operations.md lists the codes of "database unavailable".`;
  if (code !== undefined && isOfDatabase(error))
    return `The PostgreSQL of DATABASE_URL reported an error (SQLSTATE ${code}); the log of PostgreSQL tells more.`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/**
 * The drivers of a server and of the embedded database have classes of their own for its errors.
 * @returns whether the error comes from the database itself: system errors such as EPERM look like an SQLSTATE
 */
function isOfDatabase(error: unknown): boolean {
  const source: unknown = error instanceof QueryFailedError ? error.driverError : error;
  return source instanceof Error && 'severity' in source;
}

function sentencesOf(errors: FieldErrors): string {
  return Object.entries(errors)
    .map(([field, sentences]) => `${field}: ${sentences.join(' ')}`)
    .join('\n');
}
