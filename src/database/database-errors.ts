import { TypeORMError } from 'typeorm';
import { DomainError } from '../common/errors.js';

/** The database cannot be reached, or had to give the work up; the same request may succeed in a moment. */
export class DatabaseUnavailable extends DomainError {
  readonly kind = 'unavailable';

  constructor() {
    super('The database cannot be reached at the moment; try again shortly.');
  }
}

/** An identity has given its last id, so that nothing can be added to its table; nothing else is affected. */
export class OutOfIds extends DomainError {
  readonly kind = 'unavailable';

  constructor() {
    super('Nothing more can be added here at the moment; please tell the operator of this service.');
  }
}

/** sequence_generator_limit_exceeded: the ids are integers, and so are the sequences that they come from. */
const OUT_OF_IDS = '2200H';

/** Name of a constraint or unique index -> the error that its violation is. */
export type ConstraintErrors = Readonly<Record<string, () => DomainError>>;

/**
 * SQLSTATEs, by their beginning, of a database that is away, starting, full, too busy or only a standby:
 * connection exceptions, rolled-back transactions, transactions that idled or would write on a standby,
 * lack of resources, what recovery does not allow, interventions and time-outs.
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

/** `pg` gives these no code. */
const UNAVAILABLE_MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Client has encountered a connection error|Client was closed|Query read timeout|Driver not Connected|Cannot use a pool after)/;

/** What is known of a failure of the database, without any value that a client sent. */
export interface DatabaseFailure {
  readonly code: string | undefined;
  readonly constraint: string | undefined;
  readonly message: string;
}

/** @returns what the driver says of an error from TypeORM or `pg` */
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
 * The one place where a failure of the database becomes a refusal of the contract.
 * @param constraints what the violation of each constraint means
 * @returns the domain error that a failure of the database stands for, or undefined for a defect
 */
export function domainErrorOf(error: unknown, constraints: ConstraintErrors): DomainError | undefined {
  if (error instanceof DomainError) return error;
  const { code, constraint, message } = databaseFailureOf(error);
  if (constraint !== undefined && Object.hasOwn(constraints, constraint)) return constraints[constraint]?.();
  if (code === OUT_OF_IDS) return new OutOfIds();
  if (code !== undefined) {
    // A socket that is not there, while PostgreSQL restarts, is a missing file.
    if (syscallOf(error) === 'connect') return new DatabaseUnavailable();
    const away = UNAVAILABLE_CODES.has(code) || UNAVAILABLE_STATES.some((state) => code.startsWith(state));
    return away && /^[0-9A-Z_]+$/.test(code) ? new DatabaseUnavailable() : undefined;
  }
  return UNAVAILABLE_MESSAGES.test(message) ? new DatabaseUnavailable() : undefined;
}

/** @returns the system call that failed, for errors of the operating system */
function syscallOf(error: unknown): unknown {
  return (Object(error) as { syscall?: unknown }).syscall;
}
