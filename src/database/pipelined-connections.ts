import type pg from 'pg';
import { NeverStarted, PipelinedConnection } from './pipelined-connection.js';
import { withRetries } from './retries.js';
import type { Statement, Statements } from './statements.js';
import type { Queue } from './waits.js';

/** Runs two statements one after the other. */
export interface InOrder {
  /**
   * Sends two statements in one round trip if possible. The second one sees what the first one did. Both may run twice.
   */
  queryInOrder<First extends object, Second extends object>(
    first: Statement,
    second: Statement,
  ): Promise<[First[], Second[]]>;
}

/** A few connections shared by all requests, for short statements only. */
export class PipelinedConnections implements Statements, InOrder {
  private readonly connections: readonly PipelinedConnection[];

  /**
   * @param options of a pool
   * @param count number of connections
   * @param queue as of {@link PipelinedConnection}
   */
  constructor(options: pg.PoolConfig, count: number, queue?: Queue) {
    this.connections = Array.from({ length: count }, () => new PipelinedConnection(options, queue));
  }

  /**
   * Sends a statement on the least busy connection, see {@link withRetries}. It may be sent twice, so it must be a
   * read, or `record_sequence`.
   */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    return this.onLeastBusy((connection) => connection.query<Row>(text, values));
  }

  queryInOrder<First extends object, Second extends object>(
    first: Statement,
    second: Statement,
  ): Promise<[First[], Second[]]> {
    return this.onLeastBusy((connection) =>
      Promise.all([connection.query<First>(...first), connection.query<Second>(...second)]),
    );
  }

  private onLeastBusy<T>(send: (connection: PipelinedConnection) => Promise<T>): Promise<T> {
    const attempt = () => withRetries(() => send(this.leastBusy()));
    return attempt().catch((error: unknown) => {
      if (error instanceof NeverStarted) return attempt();
      throw error;
    });
  }

  /** Number of statements without a result. */
  get waiting(): number {
    return this.connections.reduce((sum, { waiting }) => sum + waiting, 0);
  }

  async close(): Promise<void> {
    await Promise.all(this.connections.map((connection) => connection.close()));
  }

  private leastBusy(): PipelinedConnection {
    return this.connections.reduce((least, other) => (other.waiting < least.waiting ? other : least));
  }
}
