import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { Lane } from './lane.js';
import { replicaOptions } from './data-source-options.js';
import { rowOf } from './statements.js';

/** How long a replica that has failed is left alone, in milliseconds. */
const REST_MS = 5000;

/** How long after a replica was not as far yet it is asked once more, in milliseconds. */
const AGAIN_MS = 3;

/** One that has been promoted has a log of its own, which says nothing about that of the primary. */
const IS_AS_FAR = `SELECT pg_is_in_recovery() AND coalesce(pg_last_wal_replay_lsn() >= $1::pg_lsn, false) AS "isAsFar"`;

/**
 * A PostgreSQL server that follows the primary. No request fails with it; those that are under way when
 * it falls silent wait for the `query_timeout` of its connection, and then it is left alone.
 */
export class Replica {
  private readonly logger = new Logger(Replica.name);
  private readonly lane: Lane;
  private restsUntil = 0;

  constructor(url: string) {
    this.lane = new Lane(replicaOptions(url));
  }

  /** @returns whether it is worth asking; where the connection is not there it is made, which nobody waits for */
  isReady(): boolean {
    if (performance.now() < this.restsUntil) return false;
    if (!this.lane.isOpen) this.connect();
    return this.lane.isOpen;
  }

  /**
   * @param position how far into the primary's log the rows must reach
   * @returns the rows, or null where the replica fails or is not as far yet
   */
  async query<Row extends object>(position: string, text: string, values?: readonly unknown[]): Promise<Row[] | null> {
    const ask = async () => {
      // Asked by a statement of its own, before: what the second one sees is at least as far.
      const [asked, rows] = await Promise.all([
        this.lane.query<{ isAsFar: boolean }>(IS_AS_FAR, [position]),
        this.lane.query<Row>(text, values),
      ]);
      return rowOf(asked).isAsFar ? rows : null;
    };
    try {
      const rows = await ask();
      if (rows !== null) return rows;
      await sleep(AGAIN_MS);
      return await ask();
    } catch {
      this.rest();
      return null;
    }
  }

  close(): Promise<void> {
    return this.lane.close();
  }

  private rest(): void {
    this.restsUntil = performance.now() + REST_MS;
  }

  private connect(): void {
    this.rest();
    this.lane.open().then(
      () => {
        this.restsUntil = 0;
        this.logger.warn('a replica is read from');
      },
      () => {
        this.logger.warn('a replica cannot be reached; the primary is read instead');
      },
    );
  }
}
