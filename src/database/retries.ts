import { DomainError } from '../common/errors.js';
import { databaseFailureOf } from './database-errors.js';
import { INVALID_STATEMENT } from './statements.js';

const ATTEMPTS = 4;

/** Each of these attempts follows a change that somebody else has committed, so more of them are reasonable. */
const ATTEMPTS_IF_OUTDATED = 10;

/**
 * A transaction throws this if a read that it had to make before its locks is outdated. It runs again; after the last
 * attempt this is the error of the request. The database works, so it is no {@link DatabaseUnavailable}, which operators
 * are alerted of.
 */
export class OutdatedRead extends DomainError {
  readonly kind = 'unavailable';

  constructor() {
    super('Other requests keep changing the same data; try again shortly.');
  }
}

/** serialization_failure and deadlock_detected. Transactions that retried at once would collide again. */
const CONFLICTS = new Set<string | undefined>(['40001', '40P01']);

/** Upper bound of the pause after the first attempt, in milliseconds. It doubles with each attempt. */
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 100;

/**
 * Repeats a transaction that lost a deadlock or serialization conflict, threw {@link OutdatedRead}, or whose prepared
 * statement was invalid.
 * @param transaction must be atomic; runs at most {@link ATTEMPTS} times, or {@link ATTEMPTS_IF_OUTDATED} times
 * @returns its result
 */
export async function withRetries<T>(transaction: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await transaction();
    } catch (error) {
      const { code } = databaseFailureOf(error);
      const isOutdated = error instanceof OutdatedRead;
      const isConflict = isOutdated || CONFLICTS.has(code);
      if (!(isConflict || INVALID_STATEMENT.has(code))) throw error;
      if (attempt >= (isOutdated ? ATTEMPTS_IF_OUTDATED : ATTEMPTS)) throw error;
      if (isConflict) await pauseAfter(attempt);
    }
  }
}

/**
 * Waits for a random time, so that competing transactions do not collide again.
 * @param attempt number of the failed attempt, from 1
 */
function pauseAfter(attempt: number): Promise<void> {
  const longest = Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
  return new Promise((resolve) => setTimeout(resolve, Math.random() * longest));
}
