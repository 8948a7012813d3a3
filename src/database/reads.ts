import type { OnApplicationShutdown } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { EmbeddedDataSource } from './embedded-data-source.js';
import { Lanes } from './lanes.js';
import { poolOf, standAlone } from './pool.js';
import { Replica } from './replica.js';
import type { Statements } from './statements.js';

/** Who reads, and how far the primary's log went when that was found out. */
export interface Reader {
  /** A `pg_lsn`; absent where there is no replica. */
  readonly position?: string;
}

/**
 * Answers statements that read and stand alone. On a server they have connections of their own: no request
 * waits for one that a transaction holds, and none that looks up a key waits behind a list.
 */
export class Reads implements Statements, OnApplicationShutdown {
  /** Asks the primary for what may be long or large: lists and pictures. */
  readonly lists: Statements;
  private readonly rows: Statements;
  private readonly replicas: readonly Replica[];
  private readonly kept: readonly { close(): Promise<void> }[];
  private turn = 0;

  /** @param replicaUrls PostgreSQL servers that follow the one of the data source */
  constructor(dataSource: DataSource, replicaUrls: readonly string[] = []) {
    const { options } = poolOf(dataSource);
    // The one connection of an embedded database is not to be kept by anybody.
    const lanes = dataSource instanceof EmbeddedDataSource ? [] : [new Lanes(options), new Lanes(options)];
    const any = standAlone(dataSource);
    [this.rows = any, this.lists = any] = lanes;
    this.replicas = replicaUrls.map((url) => new Replica(url));
    this.kept = [...lanes, ...this.replicas];
  }

  /** Whether {@link onReplica} needs to know the position of a reader. */
  get hasReplicas(): boolean {
    return this.replicas.length > 0;
  }

  /** Asks the primary for a row or a few, found by an index: whatever decides a right is asked here. */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    return this.rows.query(text, values);
  }

  /**
   * @param reader has been found by the primary, and may see the list that is asked for
   * @returns what asks a replica that has all that was stored when the reader was found, the reader's own
   *   writes among it, and the primary where no replica has
   */
  onReplica({ position }: Reader): Statements {
    const { lists } = this;
    if (position === undefined) return lists;
    const replica = this.nextReplica();
    if (replica === undefined) return lists;
    return {
      query: async (text, values) => (await replica.query(position, text, values)) ?? lists.query(text, values),
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
