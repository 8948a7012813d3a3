import { databaseFailureOf } from '../common/database-errors.js';

const ATTEMPTS = 4;

/**
 * serialization_failure and deadlock_detected, and what is said where a prepared statement does not fit any
 * more (`statements.ts`): the same work may succeed when it is done again.
 */
const TRANSIENT = new Set<string | undefined>(['40001', '40P01', '0A000', '26000']);

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
      if (attempt === ATTEMPTS || !TRANSIENT.has(databaseFailureOf(error).code)) throw error;
    }
  }
}
