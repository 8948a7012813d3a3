import type { EventEmitter } from 'node:events';
import type { Writable } from 'node:stream';
import pg from 'pg';
import type { KnownColumns } from './prepared-query.js';
import { OperatorError } from '../common/errors.js';
import { StandbyRefused } from './standby.js';
import { observed } from './statement-observer.js';

export interface SessionConfig extends pg.ClientConfig {
  /** True for replicas only. */
  readonly acceptsStandby?: boolean;
}

/** Timestamps would arrive in a format that depends on server settings. */
export class UnsupportedDateStyle extends OperatorError {
  constructor() {
    super(
      'The DateStyle of the PostgreSQL server in DATABASE_URL is not ISO, although the service requests it; set it on ' +
        "the role: ALTER ROLE … SET DateStyle = 'ISO'.",
    );
  }
}

interface Server {
  readonly pid: number;
  readonly isStandby: boolean;
  readonly dateStyle: string;
}

const SERVER = `SELECT pg_backend_pid() AS pid, pg_is_in_recovery() AS "isStandby",
  current_setting('DateStyle') AS "dateStyle"`;

/**
 * PostgreSQL ends the wait of a commit for its synchronous standby if an operator cancels it. It warns that "the
 * transaction has already committed locally, but might not have been replicated", and then reports success. The routine
 * identifies the warning in every language of the server.
 */
const isNotReplicated = ({ code, routine }: { code?: string | undefined; routine?: string | undefined }): boolean =>
  code === '01000' && routine === 'SyncRepWaitForLSN';

/**
 * Generic plans, because PostgreSQL would otherwise plan again for each execution that it expects to return slightly
 * fewer rows, which takes longer than the rows. `test:scale` checks them. Read committed, because transactions take
 * locks, then read what others committed; stricter isolation levels would turn that into serialization failures. Notices,
 * because of {@link isNotReplicated}.
 */
const SESSION_SETTINGS = `SET plan_cache_mode = force_generic_plan;
  SET default_transaction_isolation = 'read committed'; SET bytea_output = 'hex'; SET array_nulls = on;
  SET extra_float_digits = 1; SET client_min_messages = notice`;

/**
 * A pipelined connection. It writes all statements of one event-loop turn at once. If the server is silent for
 * `query_timeout`, the connection closes.
 */
export class SessionClient extends pg.Client {
  /** Whether named prepared statements last beyond one statement. */
  keepsPrepared = false;
  readonly columns: KnownColumns = new Map();
  /** Whether the server was a standby when the session began. */
  isOnStandby = false;
  private readonly acceptsStandby: boolean;
  private isCorked = false;

  constructor(config: SessionConfig = {}) {
    super(config);
    this.acceptsStandby = config.acceptsStandby ?? false;
    // Pending queries are rejected and the pool removes the connection. Without this listener the process would end.
    this.on('error', () => undefined);
    this.on('notice', (notice) => {
      if (isNotReplicated(notice)) this.abandon();
    });
  }

  override query: pg.Client['query'] = ((...statement: unknown[]) => {
    this.corkUntilNextTurn();
    return observed(statement, (...sent) =>
      (pg.Client.prototype.query as (...statement: unknown[]) => unknown).apply(this, sent),
    );
  }) as pg.Client['query'];

  /** Closes the socket without the protocol message, because the server may not be listening anymore. */
  destroy(): void {
    this.stream.destroy?.();
  }

  /**
   * Ends the session as if the connection had been lost before the result of its statement arrived: a failover may lose
   * what was committed, so it must not be acknowledged.
   */
  private abandon(): void {
    // Rejects the statement before its success, which follows in the same packet, is read.
    this.socket.emit('error', new Error('Connection terminated, because a commit may not have been replicated'));
    this.destroy();
  }

  /** The embedded database has no stream. */
  private get stream(): Partial<Writable> {
    return this.socket.stream;
  }

  private get socket(): EventEmitter & { readonly stream: Partial<Writable> } {
    return (this as unknown as { connection: EventEmitter & { readonly stream: Partial<Writable> } }).connection;
  }

  private corkUntilNextTurn(): void {
    const { stream } = this;
    if (this.isCorked || stream.cork === undefined) return;
    this.isCorked = true;
    stream.cork();
    setImmediate(() => {
      this.isCorked = false;
      stream.uncork?.();
    });
  }

  /**
   * Checks and configures a new session. A pooler reports a different backend pid than the one that runs the statement;
   * each transaction may then run in another session, so nothing is prepared or set.
   * @throws StandbyRefused the server is a standby, but this is not a connection to a replica
   * @throws UnsupportedDateStyle a pooler dropped the parameters of {@link getStartupConf}
   */
  async initializeSession(): Promise<void> {
    const { rows } = await this.query<Server>(SERVER);
    const [{ pid, isStandby, dateStyle }] = rows as [Server];
    this.isOnStandby = isStandby;
    if (isStandby && !this.acceptsStandby) throw new StandbyRefused();
    if (!dateStyle.startsWith('ISO')) throw new UnsupportedDateStyle();
    this.keepsPrepared = pid === (this as unknown as { processID: number | null }).processID;
    if (this.keepsPrepared) await this.query(SESSION_SETTINGS);
  }

  /**
   * Adds the session settings that values are written and parsed with. They belong to the startup message, because
   * these are the parameters that poolers track, and because settings of the database and the role do not override it.
   */
  getStartupConf(): Record<string, string> {
    const client = pg.Client.prototype as unknown as { getStartupConf: (this: pg.Client) => Record<string, string> };
    return {
      ...client.getStartupConf.call(this),
      DateStyle: 'ISO',
      TimeZone: 'UTC',
      standard_conforming_strings: 'on',
    };
  }
}

/** The `verify` option of the pool: see {@link SessionClient.initializeSession}. */
export function verify(client: SessionClient, done: (error?: Error) => void): void {
  client.initializeSession().then(() => {
    done();
  }, done);
}
