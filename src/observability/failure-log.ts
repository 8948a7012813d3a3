import { LogController, type FastifyBaseLogger, type FastifyRequest } from 'fastify';
import { DatabaseUnavailable, databaseFailureOf, domainErrorOf, OutOfIds } from '../database/database-errors.js';
import { DomainError } from '../common/errors.js';

/**
 * Logs why a response failed: an unavailable database with its SQLSTATE or system error code, an exhausted sequence
 * with its name, or a defect with its stack. Error messages are left out, because they may quote client data.
 */
export function logFailure(log: FastifyBaseLogger, error: unknown): void {
  const { code, constraint, message } = databaseFailureOf(error);
  const refusal = domainErrorOf(error, {});
  if (refusal instanceof DatabaseUnavailable) {
    log.warn({ code }, 'database unavailable');
    return;
  }
  if (refusal instanceof OutOfIds) {
    log.error({ code, sequence: /\w+_seq\b/.exec(message)?.[0] }, 'no ids left');
    return;
  }
  const { name, stack = '' } = Object(error) as { name?: string; stack?: string };
  const frames = stack.split('\n').filter((line) => line.startsWith('    at '));
  log.error({ error: name, code, constraint, stack: frames.join('\n') }, 'unexpected error');
}

/**
 * @returns whether the error only means that the client closed the connection while it was sending or reading. Its
 *   code is the same as that of a lost connection to the database.
 */
export function isLostClient(error: unknown, { raw }: FastifyRequest): boolean {
  return typeof error === 'object' && error !== null && (error === raw.errored || error === raw.socket.errored);
}

/** A later batch of a list may be refused, for example because the caller lost the right to read it. */
function isRefusal(error: Error): boolean {
  return error instanceof DomainError && !(error instanceof DatabaseUnavailable);
}

/** Silences Fastify's own log lines, except for responses that fail after their headers were sent. */
export class FailureLog extends LogController {
  constructor() {
    super({ disableRequestLogging: true });
  }

  override streamError(error: Error & { code?: string }, request: FastifyRequest): void {
    if (error.code === 'ERR_STREAM_PREMATURE_CLOSE' || isLostClient(error, request)) return;
    if (isRefusal(error)) request.log.info({ reason: error.message }, 'response cut short');
    else logFailure(request.log, error);
  }
}
