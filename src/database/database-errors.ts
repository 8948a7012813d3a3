import { TypeORMError } from 'typeorm';
import { DomainError } from '../common/errors.js';

/** The database is unreachable, read-only or full, or aborted the work. The same request may succeed in a moment. */
export class DatabaseUnavailable extends DomainError {
  readonly kind = 'unavailable';

  /** @param details as of {@link DomainError} */
  constructor(message = 'The database is not available at the moment; try again shortly.', details = {}) {
    super(message, details);
  }
}

/** An identity sequence is exhausted: its table accepts no more rows. Other tables are not affected. */
export class OutOfIds extends DomainError {
  readonly kind = 'unavailable';

  constructor() {
    super('The service has run out of ids for new entries; contact its operator.');
  }
}

/** sequence_generator_limit_exceeded. The sequences are limited to the range of their integer columns. */
const OUT_OF_IDS = '2200H';

/** Maps the name of a constraint or unique index to the error that its violation means. */
export type ConstraintErrors = Readonly<Record<string, () => DomainError>>;

/**
 * Prefixes of the SQLSTATEs of a database that is unreachable, starting, full, overloaded or only a standby: connection
 * exceptions, rolled-back transactions, idle transactions, writes on a standby, insufficient resources, object not in
 * prerequisite state, operator intervention and timeouts.
 */
const UNAVAILABLE_STATES = ['08', '25006', '25P03', '40', '53', '55000', '55P03', '57'];

const UNAVAILABLE_CODES = new Set([
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EAI_AGAIN',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** Errors of `pg` that have no code. */
const UNAVAILABLE_MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Client has encountered a connection error|Client was closed|Query read timeout|Driver not Connected|Cannot use a pool after)/;

/** Details of a database failure. They contain nothing that a client sent. */
export interface DatabaseFailure {
  readonly code: string | undefined;
  readonly constraint: string | undefined;
  readonly message: string;
}

/**
 * Extracts the details that are safe to log.
 * @param error thrown by TypeORM or `pg`
 */
export function databaseFailureOf(error: unknown): DatabaseFailure {
  const source = error instanceof TypeORMError && 'driverError' in error ? error.driverError : error;
  const { code, constraint, message } = Object(source) as Record<string, unknown>;
  return {
    code: typeof code === 'string' ? code : undefined,
    constraint: typeof constraint === 'string' ? constraint : undefined,
    message: typeof message === 'string' ? message : '',
  };
}

/**
 * Translates a database failure to a domain error.
 * @param constraints the meaning of each constraint violation
 * @returns the domain error, or undefined for a defect
 */
export function domainErrorOf(error: unknown, constraints: ConstraintErrors): DomainError | undefined {
  if (error instanceof DomainError) return error;
  const { code, constraint, message } = databaseFailureOf(error);
  if (constraint !== undefined && Object.hasOwn(constraints, constraint)) return constraints[constraint]?.();
  if (code === OUT_OF_IDS) return new OutOfIds();
  if (code !== undefined) {
    // While PostgreSQL restarts, its Unix socket is missing: connecting fails with ENOENT.
    if (syscallOf(error) === 'connect') return new DatabaseUnavailable();
    const away = UNAVAILABLE_CODES.has(code) || UNAVAILABLE_STATES.some((state) => code.startsWith(state));
    return away && /^[0-9A-Z_]+$/.test(code) ? new DatabaseUnavailable() : undefined;
  }
  return UNAVAILABLE_MESSAGES.test(message) ? new DatabaseUnavailable() : undefined;
}

/** @returns the name of the failed system call, for errors of the operating system */
function syscallOf(error: unknown): unknown {
  return (Object(error) as { syscall?: unknown }).syscall;
}
