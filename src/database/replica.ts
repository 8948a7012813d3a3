import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { PipelinedConnection } from './pipelined-connection.js';
import { replicaOptions } from './data-source-options.js';
import { rowOf } from './statements.js';

/** How long a failed replica is skipped, in milliseconds. */
const PAUSE_MS = 5000;

/** Delay before a lagging replica is queried again, in milliseconds. */
const RECHECK_MS = 3;

/** How long a server that is not a replica is skipped before it is connected again, in milliseconds. */
const NO_REPLICA_PAUSE_MS = 60_000;

/**
 * SQL for the timeline and the insert position of the primary's log. Not the write position: if `synchronous_commit` is
 * off, an acknowledged commit may lie beyond it.
 */
export const POSITION = `left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) || ' ' || pg_current_wal_insert_lsn()`;

const NO_REPLICA = 'a server of DATABASE_REPLICA_URLS is a primary, so it is not read from; list only replicas';
const OTHER_TIMELINE =
  'a replica is on another timeline than the primary, so it is not read from: it has not followed the last failover, ' +
  'or has not reached a restartpoint since';

interface ReplayProgress {
  readonly isReplica: boolean;
  readonly isOnTimeline: boolean;
  readonly isAsFar: boolean;
}

/**
 * Compares a server with {@link POSITION}. Positions on different timelines are not comparable: a former primary that
 * was not rewound may be ahead, with rows that the primary does not have. No function tells an ordinary role the
 * timeline being replayed, but the control file has it as of the last restartpoint or flushed page.
 */
const PROGRESS = `SELECT pg_is_in_recovery() AS "isReplica",
  (SELECT greatest(c.timeline_id, r.min_recovery_end_timeline) FROM pg_control_checkpoint() c, pg_control_recovery() r)
    = ('x' || split_part($1, ' ', 1))::bit(32)::integer AS "isOnTimeline",
  coalesce(pg_last_wal_replay_lsn() >= split_part($1, ' ', 2)::pg_lsn, false) AS "isAsFar"`;

/**
 * A PostgreSQL server that follows the primary. Its failure fails no request: requests in progress wait for the
 * `query_timeout` and fall back to the primary; afterwards the replica is skipped for a while.
 */
export class Replica {
  private readonly logger = new Logger(Replica.name);
  private readonly connection: PipelinedConnection;
  private pausedUntil = 0;
  /** The last message logged about this server. */
  private reported: string | undefined;

  constructor(url: string) {
    this.connection = new PipelinedConnection(replicaOptions(url));
  }

  /**
   * Starts to connect if there is no connection, without waiting for it.
   * @returns whether the replica can be queried now
   */
  isReady(): boolean {
    if (performance.now() < this.pausedUntil) return false;
    if (!this.connection.isOpen) this.connect();
    return this.connection.isOpen;
  }

  /**
   * @param position the {@link POSITION} of the primary that the replica must have replayed
   * @returns the rows, or null if the replica fails or lags behind
   */
  async query<Row extends object>(position: string, text: string, values?: readonly unknown[]): Promise<Row[] | null> {
    const read = async () => {
      // A separate statement, sent first: the snapshot of the second one is at least as recent.
      const [progress, rows] = await Promise.all([
        this.connection.query<ReplayProgress>(PROGRESS, [position]),
        this.connection.query<Row>(text, values),
      ]);
      return { ...rowOf(progress), rows };
    };
    try {
      for (let attempt = 1; attempt <= 2; attempt += 1) {
        const { isReplica, isOnTimeline, isAsFar, rows } = await read();
        if (!isReplica) return this.disconnect();
        if (!isOnTimeline) return this.report(OTHER_TIMELINE).pause();
        this.reported = undefined;
        if (isAsFar) return rows;
        if (attempt === 1) await sleep(RECHECK_MS);
      }
      return null;
    } catch {
      return this.pause();
    }
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  private pause(duration = PAUSE_MS): null {
    this.pausedUntil = Math.max(this.pausedUntil, performance.now() + duration);
    return null;
  }

  /** Disconnects: the server is the primary itself or was promoted. */
  private disconnect(): null {
    void this.connection.close();
    return this.report(NO_REPLICA).pause(NO_REPLICA_PAUSE_MS);
  }

  private report(what: string): this {
    if (this.reported !== what) this.logger.warn(what);
    this.reported = what;
    return this;
  }

  private connect(): void {
    this.pause();
    this.connection.open().then(
      ({ client }) => {
        if (!client.isOnStandby) {
          this.disconnect();
          return;
        }
        this.pausedUntil = 0;
        this.logger.warn('reading from a replica');
      },
      () => {
        this.logger.warn('a replica is unreachable; reading from the primary instead');
      },
    );
  }
}
