import type pg from 'pg';
import { NeverStarted, PipelinedConnection } from './pipelined-connection.js';
import { withRetries } from './retries.js';
import type { Statement, Statements } from './statements.js';

const CONNECTIONS = 2;

/** A few connections shared by all requests, for short statements only. */
export class PipelinedConnections implements Statements {
  private readonly connections: readonly PipelinedConnection[];

  /** @param options of a pool */
  constructor(options: pg.PoolConfig) {
    this.connections = Array.from({ length: CONNECTIONS }, () => new PipelinedConnection(options, 'pipeline'));
  }

  /**
   * Sends a reading statement on the least busy connection, see {@link withRetries}. Writes are not allowed, because a
   * statement may be sent twice.
   */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    return this.onLeastBusy((connection) => connection.query<Row>(text, values));
  }

  /** Sends two statements together on one connection. The second one sees what the first one did. */
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
