import type { Writable } from 'node:stream';
import pg from 'pg';
import { OperatorError } from '../common/errors.js';
import { StandbyRefused } from './standby.js';

/** Options of a {@link SessionClient}. */
export interface SessionConfig extends pg.ClientConfig {
  /** Set for replicas only. */
  readonly acceptsStandby?: boolean;
}

/** Instants would arrive in a format that depends on settings of the server. */
export class UnsupportedDateStyle extends OperatorError {
  constructor() {
    super(
      'The DateStyle of the PostgreSQL of DATABASE_URL is not ISO, although the service asks for that; set it on the ' +
        "role: ALTER ROLE … SET DateStyle = 'ISO'.",
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
 * Prepared statements are planned once: otherwise PostgreSQL would plan again for each execution that it expects
 * to return a few rows less, which takes longer than the rows. `test:scale` checks such plans. Transactions take
 * locks and then read what others committed, which other isolation levels turn into serialization failures.
 */
const SESSION_SETTINGS = `SET plan_cache_mode = force_generic_plan;
  SET default_transaction_isolation = 'read committed'; SET bytea_output = 'hex'; SET array_nulls = on`;

/**
 * A connection to the database that sends statements without waiting for the answers to those before
 * (`pipeline`), all of one turn of the event loop in one piece. One that has fallen silent ends itself
 * after `query_timeout`.
 */
export class SessionClient extends pg.Client {
  /** Whether what is prepared by name is still there for the next statement. */
  keepsPrepared = false;
  /** Whether the server was a standby when the session began. */
  isOnStandby = false;
  private readonly acceptsStandby: boolean;
  private isHeld = false;

  constructor(config: SessionConfig = {}) {
    super(config);
    this.acceptsStandby = config.acceptsStandby ?? false;
    // Whoever waits for an answer is told by it, and the pool drops the connection; else this would end the process.
    this.on('error', () => undefined);
  }

  override query: pg.Client['query'] = ((...statement: unknown[]) => {
    this.holdTurn();
    return (pg.Client.prototype.query as (...statement: unknown[]) => unknown).apply(this, statement);
  }) as pg.Client['query'];

  /** Ends the connection without a word to the server, which may not be listening any more. */
  destroy(): void {
    this.stream.destroy?.();
  }

  /** The embedded database has none of its own. */
  private get stream(): Partial<Writable> {
    return (this as unknown as { connection: { stream: Partial<Writable> } }).connection.stream;
  }

  private holdTurn(): void {
    const { stream } = this;
    if (this.isHeld || stream.cork === undefined) return;
    this.isHeld = true;
    stream.cork();
    setImmediate(() => {
      this.isHeld = false;
      stream.uncork?.();
    });
  }

  /**
   * Prepares a new session. Behind a pooler, which reports another process than the one that answers, each
   * transaction may run in another session: nothing can be prepared or set there.
   * @throws StandbyRefused the server is a standby, and the connection is not one to a replica
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
   * Session defaults that values are written and read by. They are part of the startup message, because poolers
   * track these parameters and no others. Settings of the database and of the role do not override them.
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

/** {@link SessionClient.initializeSession} as the pool's option `verify`. */
export function verify(client: SessionClient, done: (error?: Error) => void): void {
  client.initializeSession().then(() => {
    done();
  }, done);
}
