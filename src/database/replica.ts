import { Logger } from '@nestjs/common';
import { Lane } from './lane.js';
import { replicaOptions } from './data-source-options.js';
import { rowOf } from './statements.js';

/** How long after a failed try to connect the next one is made, in milliseconds. */
const RETRY_MS = 1000;

const IS_AS_FAR = 'SELECT coalesce(pg_last_wal_replay_lsn() >= $1::pg_lsn, false) AS "isAsFar"';

/** A PostgreSQL server that follows the primary. No request waits for it, or fails with it. */
export class Replica {
  private readonly logger = new Logger(Replica.name);
  private readonly lane: Lane;
  private triedAt = -RETRY_MS;

  constructor(url: string) {
    this.lane = new Lane(replicaOptions(url));
  }

  /**
   * @param position how far into the primary's log the rows must reach
   * @returns the rows, or null where the replica is away or not as far yet
   */
  async query<Row extends object>(position: string, text: string, values?: readonly unknown[]): Promise<Row[] | null> {
    if (!this.lane.isOpen) {
      this.connect();
      return null;
    }
    try {
      // Asked by a statement of its own, before: what the second one sees is at least as far.
      const [asked, rows] = await Promise.all([
        this.lane.query<{ isAsFar: boolean }>(IS_AS_FAR, [position]),
        this.lane.query<Row>(text, values),
      ]);
      return rowOf(asked).isAsFar ? rows : null;
    } catch {
      return null;
    }
  }

  close(): Promise<void> {
    return this.lane.close();
  }

  private connect(): void {
    const now = performance.now();
    if (now - this.triedAt < RETRY_MS) return;
    this.triedAt = now;
    this.lane.open().then(
      () => {
        this.logger.warn('a replica is read from');
      },
      () => {
        this.logger.warn('a replica cannot be reached; the primary is read instead');
      },
    );
  }
}
