import type { OnApplicationShutdown } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { EmbeddedDataSource } from './embedded-data-source.js';
import { EmbeddedLists } from './embedded-lists.js';
import { FairPool, type PoolCaller } from './fair-pool.js';
import { PipelinedConnection } from './pipelined-connection.js';
import { PipelinedConnections, type InOrder } from './pipelined-connections.js';
import { poolOf, standAloneReads } from './pool.js';
import { Replica } from './replica.js';
import { withRetries } from './retries.js';
import type { Statement, Statements } from './statements.js';

/** Connections for keys and single rows. */
const SHORT = 2;

/** Upper bound for the lists and pictures that one process reads concurrently. */
const LISTS_AT_A_TIME = 4;

/** The caller, with the log position of the primary when the caller was authenticated. */
export interface Reader extends PoolCaller {
  /** `POSITION` of `replica.ts`; absent without replicas. */
  readonly position?: string;
}

/**
 * Runs reading statements, and `record_sequence`, outside transactions. On a server it has its own connections:
 * requests do not wait for connections held by transactions, and long reads use other connections than key checks.
 */
export class Reads implements Statements, OnApplicationShutdown {
  /**
   * For moving changes into the record, and for reading it right afterwards. On a server this has a connection of its
   * own: it waits for whoever else does the same, and no key may wait behind it.
   */
  readonly sequencing: Statements & InOrder;
  private readonly short: Statements & Partial<Pick<PipelinedConnections, 'waiting'>>;
  private readonly lists: FairPool<Statements>;
  private readonly replicas: readonly Replica[];
  private readonly closables: readonly { close(): Promise<void> }[];
  private turn = 0;

  /** @param replicaUrls standbys of the primary */
  constructor(dataSource: DataSource, replicaUrls: readonly string[] = []) {
    this.replicas = replicaUrls.map((url) => new Replica(url));
    if (dataSource instanceof EmbeddedDataSource) {
      // There is only one connection; a list may hold it for one statement at most.
      const short = (this.short = standAloneReads(dataSource));
      this.sequencing = {
        query: (text, values) => short.query(text, values),
        queryInOrder: async <First extends object, Second extends object>(first: Statement, second: Statement) => [
          await short.query<First>(...first),
          await short.query<Second>(...second),
        ],
      };
      this.lists = new FairPool<Statements>([new EmbeddedLists(this.short, () => this.lists.waiting > 0)]);
      this.closables = this.replicas;
      return;
    }
    const { options } = poolOf(dataSource);
    const short = (this.short = new PipelinedConnections(options, SHORT, 'pipeline'));
    const sequencing = (this.sequencing = new PipelinedConnections(options, 1));
    const lists = Array.from({ length: LISTS_AT_A_TIME }, () => new PipelinedConnection(options));
    this.lists = new FairPool<Statements>(lists);
    this.closables = [short, sequencing, ...lists, ...this.replicas];
  }

  /** Whether {@link onReplica} uses {@link Reader.position}. */
  get hasReplicas(): boolean {
    return this.replicas.length > 0;
  }

  /** How many statements of each queue have no result, or no connection yet. */
  get waiting(): Readonly<Record<'lists' | 'pipeline', number>> {
    return { lists: this.lists.waiting, pipeline: this.short.waiting ?? 0 };
  }

  /** Reads a bounded number of rows by an index from the primary. Every decision on rights must use this method. */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    return this.short.query(text, values);
  }

  /**
   * @returns a fairly scheduled executor for long or large reads on the primary
   * @throws TooManyLists, Overloaded from its `query`, see {@link FairPool.use}
   */
  listsOf(reader: Reader): Statements {
    return { query: (text, values) => this.lists.use(reader, (on) => withRetries(() => on.query(text, values))) };
  }

  /** @returns as {@link listsOf}, for a response that has begun: it waits for its turn, and is never refused */
  restOf(reader: Reader): Statements {
    return { query: (text, values) => this.lists.use(reader, (on) => withRetries(() => on.query(text, values)), true) };
  }

  /**
   * @param reader was authenticated by the primary and may see the requested list
   * @returns an executor as from {@link listsOf}, but on a replica that has replayed everything up to the position of
   *   the reader, including the reader's own writes. Without such a replica it falls back to the primary.
   */
  onReplica(reader: Reader): Statements {
    const { position } = reader;
    const replica = position === undefined ? undefined : this.nextReplica();
    if (position === undefined || replica === undefined) return this.listsOf(reader);
    return {
      query: (text, values) =>
        this.lists.use(
          reader,
          async (on) =>
            (await replica.query(position, text, values)) ?? (await withRetries(() => on.query(text, values))),
        ),
    };
  }

  /** @returns the next ready replica, round robin */
  private nextReplica(): Replica | undefined {
    const { replicas } = this;
    this.turn = (this.turn + 1) % Math.max(replicas.length, 1);
    return [...replicas.slice(this.turn), ...replicas.slice(0, this.turn)].find((replica) => replica.isReady());
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.closables.map((closable) => closable.close()));
  }
}
