import type { OnApplicationShutdown } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { EmbeddedDataSource } from './embedded-data-source.js';
import { FairPool, type CallerId } from './fair-pool.js';
import { PipelinedConnection } from './pipelined-connection.js';
import { PipelinedConnections } from './pipelined-connections.js';
import { poolOf, standAlone } from './pool.js';
import { Replica } from './replica.js';
import { withRetries } from './retries.js';
import type { Statements } from './statements.js';

/** How many lists and pictures one process reads at a time. */
const LISTS_AT_A_TIME = 4;

/** Who reads, and how far the primary's log went when that was found out. */
export interface Reader {
  readonly id: CallerId;
  /** A `pg_lsn`; absent where there is no replica. */
  readonly position?: string;
}

/**
 * Answers statements that read and stand alone. On a server they have connections of their own: no request
 * waits for one that a transaction holds, and no key waits behind a list.
 */
export class Reads implements Statements, OnApplicationShutdown {
  private readonly short: Statements;
  private readonly lists: FairPool<Statements>;
  private readonly replicas: readonly Replica[];
  private readonly kept: readonly { close(): Promise<void> }[];
  private turn = 0;

  /** @param replicaUrls PostgreSQL servers that follow the one of the data source */
  constructor(dataSource: DataSource, replicaUrls: readonly string[] = []) {
    this.replicas = replicaUrls.map((url) => new Replica(url));
    if (dataSource instanceof EmbeddedDataSource) {
      // It has one connection, which no list may hold for longer than one statement.
      this.short = standAlone(dataSource);
      this.lists = new FairPool([this.short]);
      this.kept = this.replicas;
      return;
    }
    const { options } = poolOf(dataSource);
    const short = (this.short = new PipelinedConnections(options));
    const lists = Array.from({ length: LISTS_AT_A_TIME }, () => new PipelinedConnection(options));
    this.lists = new FairPool<Statements>(lists);
    this.kept = [short, ...lists, ...this.replicas];
  }

  /** Whether {@link onReplica} needs to know the position of a reader. */
  get hasReplicas(): boolean {
    return this.replicas.length > 0;
  }

  /** Asks the primary for a bounded number of rows, found by an index: whatever decides a right is asked here. */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    return this.short.query(text, values);
  }

  /**
   * @returns what asks the primary for something that may be long or large, when it is the reader's turn;
   *   it throws what {@link FairPool.use} throws
   */
  listsOf({ id }: Reader): Statements {
    return { query: (text, values) => this.lists.use(id, (on) => withRetries(() => on.query(text, values))) };
  }

  /**
   * @param reader has been found by the primary, and may see the list that is asked for
   * @returns as {@link listsOf}, but asks a replica that has all that was stored when the reader was found, the
   *   reader's own writes among it, and the primary where no replica has
   */
  onReplica(reader: Reader): Statements {
    const { id, position } = reader;
    const replica = position === undefined ? undefined : this.nextReplica();
    if (position === undefined || replica === undefined) return this.listsOf(reader);
    return {
      query: (text, values) =>
        this.lists.use(
          id,
          async (on) =>
            (await replica.query(position, text, values)) ?? (await withRetries(() => on.query(text, values))),
        ),
    };
  }

  /** @returns the first in turn that is worth asking */
  private nextReplica(): Replica | undefined {
    const { replicas } = this;
    this.turn = (this.turn + 1) % Math.max(replicas.length, 1);
    return [...replicas.slice(this.turn), ...replicas.slice(0, this.turn)].find((replica) => replica.isReady());
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.kept.map((kept) => kept.close()));
  }
}
