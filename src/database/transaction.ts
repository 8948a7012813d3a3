import { QueryFailedError, type DataSource, type EntityManager } from 'typeorm';

const ATTEMPTS = 4;

/** serialization_failure and deadlock_detected: the same work may succeed when it is done again. */
const TRANSIENT = new Set(['40001', '40P01']);

/**
 * Does `work` in one transaction: all of it is stored, or none. Where the database gave up one of
 * several competing transactions, the work is done again, {@link ATTEMPTS} times at most.
 * @param work gets the only manager that it may use: the embedded database has one connection, and
 *   another manager would wait for it for ever
 * @returns what `work` returns
 */
export async function inTransaction<T>(
  dataSource: DataSource,
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await dataSource.transaction(work);
    } catch (error) {
      if (attempt === ATTEMPTS || !isTransient(error)) throw error;
    }
  }
}

function isTransient(error: unknown): boolean {
  const code: unknown = error instanceof QueryFailedError ? (error.driverError as { code?: unknown }).code : undefined;
  return typeof code === 'string' && TRANSIENT.has(code);
}
