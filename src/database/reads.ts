import type { OnApplicationShutdown } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { EmbeddedDataSource } from './embedded-data-source.js';
import { Lane } from './lane.js';
import { poolOf, standAlone } from './pool.js';
import { Replica } from './replica.js';
import type { Statements } from './statements.js';

/** How many connections are kept for reading. */
const LANES = 2;

/** Who reads, and how far the primary's log had been written when that was found out. */
export interface Reader {
  /** A `pg_lsn`; absent where there is no replica. */
  readonly position?: string;
}

/**
 * Answers statements that read and stand alone. On a server they share few connections, on which they
 * follow each other without waiting: no request waits for a connection that a transaction holds.
 */
export class Reads implements Statements, OnApplicationShutdown {
  private readonly any: Statements;
  private readonly lanes: Lane[];
  private readonly replicas: Replica[];
  private turn = 0;

  /** @param replicaUrls PostgreSQL servers that follow the one of the data source */
  constructor(dataSource: DataSource, replicaUrls: readonly string[] = []) {
    this.any = standAlone(dataSource);
    // The one connection of an embedded database is not to be kept by anybody.
    const lanes = dataSource instanceof EmbeddedDataSource ? 0 : LANES;
    this.lanes = Array.from({ length: lanes }, () => new Lane(poolOf(dataSource).options));
    this.replicas = replicaUrls.map((url) => new Replica(url));
  }

  /** Whether {@link onReplica} needs to know the position of a reader. */
  get hasReplicas(): boolean {
    return this.replicas.length > 0;
  }

  /** Asks the primary: whatever decides a right is asked here. */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    const [lane, ...others] = this.lanes;
    if (lane === undefined) return this.any.query<Row>(text, values);
    return others.reduce((least, other) => (other.waiting < least.waiting ? other : least), lane).query(text, values);
  }

  /**
   * @param reader has been found by the primary, and may see what is asked for
   * @returns what asks a replica that has all that was stored when the reader was found, the reader's own
   *   writes among it, and the primary where no replica has
   */
  onReplica({ position }: Reader): Statements {
    const replica = this.replicas[(this.turn = (this.turn + 1) % Math.max(this.replicas.length, 1))];
    if (replica === undefined || position === undefined) return this;
    return { query: async (text, values) => (await replica.query(position, text, values)) ?? this.query(text, values) };
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.lanes, ...this.replicas].map((lane) => lane.close()));
  }
}
