import type pg from 'pg';
import { Lane } from './lane.js';
import { withRetries } from './retries.js';
import type { Statements } from './statements.js';

/** How many connections there are. */
const LANES = 2;

/** Few connections that many share: on each, statements follow each other without waiting. */
export class Lanes implements Statements {
  private readonly lanes: readonly Lane[];

  /** @param options those of a pool */
  constructor(options: pg.PoolConfig) {
    this.lanes = Array.from({ length: LANES }, () => new Lane(options));
  }

  /** Sends it on the connection that has the fewest before it; {@link withRetries}. */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    return withRetries(() => this.free().query<Row>(text, values));
  }

  private free(): Lane {
    return this.lanes.reduce((least, other) => (other.waiting < least.waiting ? other : least));
  }

  async close(): Promise<void> {
    await Promise.all(this.lanes.map((lane) => lane.close()));
  }
}
