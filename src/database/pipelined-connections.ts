import type pg from 'pg';
import { NeverStarted, PipelinedConnection } from './pipelined-connection.js';
import { withRetries } from './retries.js';
import type { Statements } from './statements.js';

const CONNECTIONS = 2;

/** A few connections that all requests share, for statements that are always short. */
export class PipelinedConnections implements Statements {
  private readonly connections: readonly PipelinedConnection[];

  /** @param options those of a pool */
  constructor(options: pg.PoolConfig) {
    this.connections = Array.from({ length: CONNECTIONS }, () => new PipelinedConnection(options));
  }

  /** Sends it on the connection that has the fewest before it; {@link withRetries}. Only for statements that read. */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    const ask = () => withRetries(() => this.leastBusy().query<Row>(text, values));
    return ask().catch((error: unknown) => {
      if (error instanceof NeverStarted) return ask();
      throw error;
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.connections.map((connection) => connection.close()));
  }

  private leastBusy(): PipelinedConnection {
    return this.connections.reduce((least, other) => (other.waiting < least.waiting ? other : least));
  }
}
