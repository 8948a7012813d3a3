import pg from 'pg';
import { until } from '../support/until.js';
import { OwnPostgres } from './own-postgres.js';

/** A primary and one streaming replica on this machine; a test may stop either of them, or pause the replica. */
export class ReplicatedPostgres {
  private constructor(
    readonly primary: OwnPostgres,
    readonly replica: OwnPostgres,
  ) {}

  /** @returns once both accept connections and the replica follows */
  static async start(): Promise<ReplicatedPostgres> {
    const primary = await OwnPostgres.create();
    await primary.start();
    const replica = await primary.createReplica('replica');
    await replica.start();
    const both = new ReplicatedPostgres(primary, replica);
    await both.caughtUp();
    return both;
  }

  /** Makes the replica lag from now on: it still receives the WAL, but does not replay it. */
  async pauseReplay(): Promise<void> {
    await valueOf(this.replica, 'SELECT pg_wal_replay_pause()');
    await until(async () => (await valueOf(this.replica, 'SELECT pg_get_wal_replay_pause_state()')) === 'paused');
  }

  async resumeReplay(): Promise<void> {
    await valueOf(this.replica, 'SELECT pg_wal_replay_resume()');
  }

  /** @returns how many bytes of the primary's WAL the replica has not replayed */
  async lag(): Promise<number> {
    const written = await valueOf(this.primary, 'SELECT pg_current_wal_flush_lsn()');
    const sql = `SELECT greatest(0, pg_wal_lsn_diff('${written}', pg_last_wal_replay_lsn()))`;
    return Number(await valueOf(this.replica, sql));
  }

  /** @returns once the replica shows all that was written before the call */
  async caughtUp(): Promise<void> {
    const written = await valueOf(this.primary, 'SELECT pg_current_wal_flush_lsn()');
    await until(
      async () => (await valueOf(this.replica, `SELECT pg_last_wal_replay_lsn() >= '${written}'`)) === 'true',
    );
  }

  /** @returns the number of index scans on the replica's memberships */
  async scansOfReplica(): Promise<number> {
    const [row] = await this.onReplica<{ scans: number }>(
      `SELECT coalesce(sum(idx_scan), 0)::integer AS scans FROM pg_stat_user_indexes WHERE relname = 'membership'`,
    );
    return row?.scans ?? 0;
  }

  /** Runs a statement on the replica, over a new connection. */
  async onReplica<Row>(sql: string, values: unknown[] = []): Promise<Row[]> {
    const client = new pg.Client(this.replica.url);
    await client.connect();
    const { rows } = await client.query(sql, values).finally(() => client.end());
    return rows as Row[];
  }

  async remove(): Promise<void> {
    await this.replica.remove();
    await this.primary.remove();
  }
}

/** @returns the single value that a statement returns, as text */
async function valueOf(server: OwnPostgres, sql: string): Promise<string> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  const { rows } = await client.query<[unknown]>({ text: sql, rowMode: 'array' }).finally(() => client.end());
  return String(rows[0]?.[0]);
}
