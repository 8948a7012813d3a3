import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import type { SessionClient } from './session-client.js';
import { withRetries } from './retries.js';
import { send, type Statements } from './statements.js';

/** All that is stored through it is stored together, or not at all. */
export class Transaction implements Statements {
  private isEnding = false;
  private isOver = false;
  private failure: unknown;

  constructor(
    private readonly runner: QueryRunner,
    private readonly client: SessionClient,
  ) {}

  /** Stores entities. @throws Error it is used in {@link commitWith} or afterwards, which is too late: a defect */
  get manager(): EntityManager {
    if (this.isEnding || this.isOver) throw new Error('Entities are stored before the transaction ends.');
    return this.runner.manager;
  }

  /**
   * Statements that are sent before an answer is awaited make one round trip together.
   * @throws the first failure of the transaction: those after it only say that there was one
   * @throws Error COMMIT or ROLLBACK was sent before, and the statement would be a transaction of its own: a defect
   */
  async query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    if (this.isOver) throw new Error('The transaction has ended; send its statements before that.');
    try {
      return await send<Row>(this.client, text, values);
    } catch (error) {
      throw (this.failure ??= error);
    }
  }

  /**
   * Ends the transaction, in one round trip with its last statements.
   * @param last sends them all before it awaits an answer, and decides nothing any more; where one fails,
   *   nothing is stored
   * @returns what `last` returns, once everything is stored
   */
  async commitWith<T>(last: () => Promise<T>): Promise<T> {
    this.isEnding = true;
    // Where `last` throws nothing ends the transaction yet: `run` rolls it back.
    return inOrder(last(), this.end('COMMIT'));
  }

  /** Does `work` and stores what it did; where it throws, nothing. */
  async run<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    // Whatever the default of the database is: work takes locks, and then reads what others have committed.
    const begun = this.client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
    try {
      const result = await inOrder(work(this), begun);
      if (!this.isOver) await this.end('COMMIT');
      return result;
    } catch (error) {
      // Where even this fails the connection has ended, and the transaction with it.
      if (!this.isOver) await this.end('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  private end(statement: 'COMMIT' | 'ROLLBACK'): Promise<unknown> {
    this.isOver = true;
    return this.client.query(statement);
  }
}

/** Waits for both. @returns the result. @throws what it throws, or else what the other throws */
async function inOrder<T>(result: Promise<T>, other: Promise<unknown>): Promise<T> {
  await Promise.allSettled([result, other]);
  const value = await result;
  await other;
  return value;
}

/**
 * Does `work` in one transaction: all of it is stored, or none; {@link withRetries}.
 * @param work gets the only connection that it may use: the embedded database has no other, and would
 *   wait for it for ever
 * @returns what `work` returns
 */
export function inTransaction<T>(dataSource: DataSource, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  return withRetries(() => once(dataSource, work));
}

async function once<T>(dataSource: DataSource, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  const runner = dataSource.createQueryRunner();
  try {
    const client = (await runner.connect()) as SessionClient;
    return await new Transaction(runner, client).run(work);
  } finally {
    await runner.release();
  }
}
