import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { PipelinedConnection } from './pipelined-connection.js';
import { replicaOptions } from './data-source-options.js';
import { rowOf } from './statements.js';

/** How long a replica that has failed is left alone, in milliseconds. */
const REST_MS = 5000;

/** How long after a replica was not as far yet it is asked once more, in milliseconds. */
const AGAIN_MS = 3;

/** How long a server that is no replica is left alone, in milliseconds: its connection is made again after that. */
const NO_REPLICA_REST_MS = 60_000;

/**
 * SQL for how far the primary's log goes: its timeline, as in the names of its files, and the position there. Not the
 * position that has been written: with `synchronous_commit = off` what was acknowledged may be beyond it.
 */
export const POSITION = `left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) || ' ' || pg_current_wal_insert_lsn()`;

const NO_REPLICA = 'a server of DATABASE_REPLICA_URLS is a primary, and is not read from; name replicas only';
const OTHER_TIMELINE =
  'a replica is on another timeline than the primary, and is not read from: it has not followed the last failover, ' +
  'or has made no restartpoint since';

interface Progress {
  readonly isReplica: boolean;
  readonly isOnTimeline: boolean;
  readonly isAsFar: boolean;
}

/**
 * How a server stands to {@link POSITION}. A position on another timeline says nothing: a former primary that was not
 * rewound may be ahead, with rows that the primary does not have. No function tells an ordinary role which timeline is
 * replayed. The control file does, as of the last restartpoint or the last page that was written since.
 */
const PROGRESS = `SELECT pg_is_in_recovery() AS "isReplica",
  (SELECT greatest(c.timeline_id, r.min_recovery_end_timeline) FROM pg_control_checkpoint() c, pg_control_recovery() r)
    = ('x' || split_part($1, ' ', 1))::bit(32)::integer AS "isOnTimeline",
  coalesce(pg_last_wal_replay_lsn() >= split_part($1, ' ', 2)::pg_lsn, false) AS "isAsFar"`;

/**
 * A PostgreSQL server that follows the primary. No request fails with it; those that are under way when
 * it falls silent wait for the `query_timeout` of its connection, and then it is left alone.
 */
export class Replica {
  private readonly logger = new Logger(Replica.name);
  private readonly connection: PipelinedConnection;
  private restsUntil = 0;
  /** What was logged last of this server. */
  private reported: string | undefined;

  constructor(url: string) {
    this.connection = new PipelinedConnection(replicaOptions(url));
  }

  /** @returns whether it is worth asking; where the connection is not there it is made, which nobody waits for */
  isReady(): boolean {
    if (performance.now() < this.restsUntil) return false;
    if (!this.connection.isOpen) this.connect();
    return this.connection.isOpen;
  }

  /**
   * @param position the {@link POSITION} of the primary that the rows must reach
   * @returns the rows, or null where the replica fails or is not as far yet
   */
  async query<Row extends object>(position: string, text: string, values?: readonly unknown[]): Promise<Row[] | null> {
    const ask = async () => {
      // Asked by a statement of its own, before: what the second one sees is at least as far.
      const [asked, rows] = await Promise.all([
        this.connection.query<Progress>(PROGRESS, [position]),
        this.connection.query<Row>(text, values),
      ]);
      return { ...rowOf(asked), rows };
    };
    try {
      for (let attempt = 1; attempt <= 2; attempt += 1) {
        const { isReplica, isOnTimeline, isAsFar, rows } = await ask();
        if (!isReplica) return this.leave();
        if (!isOnTimeline) return this.report(OTHER_TIMELINE).rest();
        this.reported = undefined;
        if (isAsFar) return rows;
        if (attempt === 1) await sleep(AGAIN_MS);
      }
      return null;
    } catch {
      return this.rest();
    }
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  private rest(duration = REST_MS): null {
    this.restsUntil = Math.max(this.restsUntil, performance.now() + duration);
    return null;
  }

  /** Gives the connection up: the server is the primary itself, or was promoted. */
  private leave(): null {
    void this.connection.close();
    return this.report(NO_REPLICA).rest(NO_REPLICA_REST_MS);
  }

  private report(what: string): this {
    if (this.reported !== what) this.logger.warn(what);
    this.reported = what;
    return this;
  }

  private connect(): void {
    this.rest();
    this.connection.open().then(
      ({ client }) => {
        if (!client.isOnStandby) {
          this.leave();
          return;
        }
        this.restsUntil = 0;
        this.logger.warn('a replica is read from');
      },
      () => {
        this.logger.warn('a replica cannot be reached; the primary is read instead');
      },
    );
  }
}
