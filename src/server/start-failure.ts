import { databaseFailureOf, domainErrorOf, OutOfIds } from '../database/database-errors.js';
import type { FieldErrors } from '../common/errors.js';
import { OperatorError } from '../common/errors.js';
import { InvalidEnvironment } from '../config/environment.js';
import { CONSTRAINT_ERRORS } from './constraint-errors.js';
import { StandbyRefused } from '../database/standby.js';

const REFUSED_STATES: Readonly<Record<string, string>> = {
  '08P01':
    'refused the connection, as a pooler does that is not set up for it; see "Behind PgBouncer" in docs/operations.md',
  '28000': 'does not let this user in',
  '28P01': 'does not take this password',
  '3D000': 'has no database of this name',
  '42501': 'does not give this user the right to do that',
};

/** @returns the sentence for the operator that says why the process ends, without any secret */
export function sentenceOf(error: unknown): string {
  if (error instanceof InvalidEnvironment) return `The settings are not valid: ${error.message}`;
  if (error instanceof OperatorError) return error.message;
  if (error instanceof StandbyRefused)
    return 'The PostgreSQL of DATABASE_URL is a standby, which only reads; name the primary, or promote it.';
  const refusal = domainErrorOf(error, CONSTRAINT_ERRORS);
  if (refusal?.kind === 'invalid') return sentencesOf(refusal.details['errors'] as FieldErrors);
  if (refusal instanceof OutOfIds) return 'A table has given its last id (2147483647), so nothing can be added to it.';
  if (refusal !== undefined && refusal.kind !== 'unavailable') return refusal.message;
  const { code, message } = databaseFailureOf(error);
  if (message === 'The server does not support SSL connections')
    return 'The PostgreSQL of DATABASE_URL does not offer TLS; turn it on there, or remove sslmode from the URL.';
  if (code !== undefined && /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code)) {
    return `The certificate of the PostgreSQL of DATABASE_URL is not trusted (${code}); check sslmode and sslrootcert.`;
  }
  const refused = code === undefined ? undefined : REFUSED_STATES[code];
  if (refused !== undefined) return `The PostgreSQL of DATABASE_URL ${refused}.`;
  if (refusal !== undefined)
    return 'The PostgreSQL of DATABASE_URL cannot be reached; check that it runs, and the URL.';
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function sentencesOf(errors: FieldErrors): string {
  return Object.entries(errors)
    .map(([field, sentences]) => `${field}: ${sentences.join(' ')}`)
    .join('\n');
}
