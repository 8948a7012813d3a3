import { databaseFailureOf } from './database-errors.js';

const ATTEMPTS = 4;

/** serialization_failure and deadlock_detected: competitors that retry at once would meet again. */
const COMPETING = new Set<string | undefined>(['40001', '40P01']);

/** A prepared statement no longer fits (`statements.ts`), and is prepared again by the next attempt. */
const UNPREPARED = new Set<string | undefined>(['0A000', '26000']);

/** The longest pause after the first attempt, in milliseconds; it doubles with each further one. */
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 100;

/**
 * @param transaction one that stores all or nothing
 * @returns what it returns. Where the database gave up one of several competing transactions, or a
 *   statement that had been prepared, it is done again, {@link ATTEMPTS} times at most.
 */
export async function withRetries<T>(transaction: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await transaction();
    } catch (error) {
      const { code } = databaseFailureOf(error);
      if (attempt === ATTEMPTS || !(COMPETING.has(code) || UNPREPARED.has(code))) throw error;
      if (COMPETING.has(code)) await pauseAfter(attempt);
    }
  }
}

/**
 * Waits for a random time, so that competitors do not meet again.
 * @param attempt the number of the attempt that failed, from 1
 */
export function pauseAfter(attempt: number): Promise<void> {
  const longest = Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
  return new Promise((resolve) => setTimeout(resolve, Math.random() * longest));
}
