import type { DataSource, EntityManager, EntityTarget, ObjectLiteral, QueryRunner, SelectQueryBuilder } from 'typeorm';
import { statedBy, statingSql, type Actor } from './actor.js';
import type { SessionClient } from './session-client.js';
import { withRetries } from './retries.js';
import { send, type Statements } from './statements.js';
import { timed } from './waits.js';
import { noteWrite } from './writes.js';

const AFTER_END = 'The transaction has ended; send its statements before that.';

const STATE_ACTOR = statingSql();

/** A query builder of TypeORM. */
interface BuiltStatement {
  getQueryAndParameters(): [text: string, values: unknown[]];
}

/** Adds statements to a transaction, before and after its work, which knows nothing of them. */
export interface Companion<Result> {
  /**
   * Sends statements before it awaits anything, so that they share a round trip with the first ones of the work.
   * @throws to end the transaction: the work then gets no result of any statement, and nothing is stored
   */
  begin(on: Statements): Promise<void>;

  /**
   * Sends statements at once; they share a round trip with COMMIT.
   * @param result of the work
   * @throws synchronously, before it sends anything; then nothing is stored
   */
  end(on: Statements, result: Result): Promise<unknown>;
}

/** An atomic unit of work that writes. */
export class Transaction implements Statements {
  private isEnding = false;
  private isOver = false;
  private failure: unknown;
  /** Settles when the companion has decided whether the work goes on; undefined without a companion. */
  private admission: Promise<void> | undefined;

  /** @param actor is responsible for everything that the transaction writes */
  constructor(
    private readonly runner: QueryRunner,
    private readonly client: SessionClient,
    private readonly actor: Actor,
  ) {
    joinTransaction(
      runner,
      () => this.isOver,
      (result) => this.admitted(result),
    );
  }

  /**
   * Reads and writes entities.
   * @throws Error the transaction is ending or over: a defect
   */
  get manager(): EntityManager {
    if (this.isEnding || this.isOver) throw new Error('The transaction is ending; use its entity manager before that.');
    return this.runner.manager;
  }

  /** @returns a builder of a statement on entities, for {@link execute}; its own methods work only before the end */
  createQueryBuilder<Entity extends ObjectLiteral>(
    entity: EntityTarget<Entity>,
    alias: string,
  ): SelectQueryBuilder<Entity> {
    return this.runner.manager.createQueryBuilder(entity, alias);
  }

  /**
   * Sends a built statement like {@link query}: at once and prepared, so it may be among the last of a transaction. The
   * methods of the builder and of {@link manager} send later.
   * @param builder its text must not depend on input
   * @returns the rows, with the aliases of the builder as names
   */
  execute<Row extends object>(builder: BuiltStatement): Promise<Row[]> {
    return this.query<Row>(...builder.getQueryAndParameters());
  }

  /**
   * Statements sent without awaiting results in between share one round trip.
   * @throws the first failure of the transaction, because later ones only say that it was aborted
   * @throws Error COMMIT or ROLLBACK was already sent, so the statement would run outside the transaction: a defect
   */
  async query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    if (this.isOver) throw new Error(AFTER_END);
    try {
      return await this.admitted(send<Row>(this.client, text, values));
    } catch (error) {
      throw (this.failure ??= error);
    }
  }

  /**
   * Commits in the same round trip as the last statements; with a companion, in the round trip after them.
   * @param last sends all its statements before it awaits a result, and decides nothing afterwards; if one fails,
   *   nothing is stored
   * @returns the result of `last`, once everything is committed
   */
  async commitWith<T>(last: () => Promise<T>): Promise<T> {
    this.isEnding = true;
    if (this.admission !== undefined) return last();
    // If `last` throws synchronously, `run` rolls back.
    return inOrder(last(), this.end('COMMIT'));
  }

  /** States the actor, runs `work`, then commits. Rolls back if `work` or its companion throws. */
  async run<T>(work: (transaction: Transaction) => Promise<T>, companion?: Companion<T>): Promise<T> {
    const own: Statements = { query: (text, values) => send(this.client, text, values) };
    const begun = Promise.all([
      // Explicit, because the database may have another default: work takes locks, then reads what others committed.
      this.client.query('BEGIN ISOLATION LEVEL READ COMMITTED'),
      this.query(STATE_ACTOR, statedBy(this.actor)),
      (this.admission = companion?.begin(own)),
    ]);
    try {
      // Async, so that BEGIN is awaited even if `work` throws synchronously.
      const result = await inOrder((async () => work(this))(), begun);
      if (!this.isOver) await inOrder(companion?.end(own, result) ?? Promise.resolve(), this.end('COMMIT'));
      return result;
    } catch (error) {
      // If this fails, the connection is closed and the transaction with it.
      if (!this.isOver) await this.end('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  /** @returns the result of a statement of the work, unless the companion ends the transaction */
  private admitted<T>(result: Promise<T>): Promise<T> {
    const { admission } = this;
    // The refusal of the companion explains why later statements failed.
    return admission === undefined ? result : inOrder(admission, result).then(() => result);
  }

  private end(statement: 'COMMIT' | 'ROLLBACK'): Promise<unknown> {
    this.isOver = true;
    return this.client.query(statement);
  }
}

/**
 * Tells a runner about the transaction, which it did not begin itself: its manager then accepts lock modes, and `save`
 * begins no transaction of its own. Once the transaction `isOver`, the runner refuses statements.
 * @param admitted wraps the result of each statement
 */
function joinTransaction(
  runner: QueryRunner,
  isOver: () => boolean,
  admitted: (result: Promise<unknown>) => Promise<unknown>,
): void {
  const query = runner.query.bind(runner) as (...statement: unknown[]) => Promise<unknown>;
  const guarded = async (...statement: unknown[]) => {
    if (isOver()) throw new Error(AFTER_END);
    return admitted(query(...statement));
  };
  Object.assign(runner, { isTransactionActive: true, query: guarded });
}

/**
 * Waits for both promises.
 * @returns the value of `result`
 * @throws the rejection of `result`, otherwise that of `other`
 */
async function inOrder<T>(result: Promise<T>, other: Promise<unknown>): Promise<T> {
  await Promise.allSettled([result, other]);
  const value = await result;
  await other;
  return value;
}

/**
 * Runs `work` in one transaction, see {@link withRetries}.
 * @param actor is responsible for the writes; a single reading statement needs `standAloneReads` instead of a transaction
 * @param work must use only the transaction that it gets: the embedded database has a single connection, so waiting for
 *   another one would block forever
 * @param companion begins before `work` and ends after it, in each attempt
 * @returns the result of `work`
 */
export function inTransaction<T>(
  dataSource: DataSource,
  actor: Actor,
  work: (transaction: Transaction) => Promise<T>,
  companion?: Companion<T>,
): Promise<T> {
  return withRetries(() => once(dataSource, actor, work, companion));
}

async function once<T>(
  dataSource: DataSource,
  actor: Actor,
  work: (transaction: Transaction) => Promise<T>,
  companion: Companion<T> | undefined,
): Promise<T> {
  const runner = dataSource.createQueryRunner();
  try {
    const client = (await timed('writes', () => runner.connect())) as SessionClient;
    const result = await new Transaction(runner, client, actor).run(work, companion);
    noteWrite(dataSource);
    return result;
  } finally {
    await runner.release();
  }
}
