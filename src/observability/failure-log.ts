import { LogController, type FastifyBaseLogger, type FastifyRequest } from 'fastify';
import { DatabaseUnavailable, databaseFailureOf, domainErrorOf, OutOfIds } from '../database/database-errors.js';
import { DomainError } from '../common/errors.js';

/**
 * Logs why an answer failed: a database that is away or gave up, by its SQLSTATE or the system's code, an identity
 * without further ids, by its sequence, or a defect. No message, because it may repeat what a client sent.
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

/** Of a batch of a list whose reader may not have it, or not now. */
function isRefusal(error: Error): boolean {
  return error instanceof DomainError && !(error instanceof DatabaseUnavailable);
}

/** Of what Fastify would log by itself, only an answer that fails after its header was sent is, as {@link logFailure} has it. */
export class FailureLog extends LogController {
  constructor() {
    super({ disableRequestLogging: true });
  }

  override streamError(error: Error & { code?: string }, request: FastifyRequest): void {
    // The client has gone away.
    if (error.code === 'ERR_STREAM_PREMATURE_CLOSE') return;
    if (isRefusal(error)) request.log.info({ reason: error.message }, 'answer cut short');
    else logFailure(request.log, error);
  }
}
