import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { databaseFailureOf, DatabaseUnavailable, domainErrorOf } from './database-errors.js';
import { send, type Statements } from './statements.js';
import { SessionClient } from './session-client.js';

/** How long a server may take to say goodbye, in milliseconds. */
const CLOSE_MS = 1000;

/** The connection ended before the server came to this statement, because the one before it got no answer. */
export class NeverStarted extends DatabaseUnavailable {}

/** What has been sent on one connection. */
interface Session {
  readonly client: SessionClient;
  sent: number;
  answered: number;
  /** Ends the connection; restarted by each answer. */
  silence: NodeJS.Timeout | undefined;
  /** Which statement got no answer in time. */
  overdue?: number;
}

/** A persistent connection that reconnects, and sends each statement without waiting for the answer to the one before. */
export class PipelinedConnection implements Statements {
  /** How many statements have no answer yet. */
  waiting = 0;
  /** Whether a statement need not wait for the connection. */
  isOpen = false;
  private readonly logger = new Logger(PipelinedConnection.name);
  private readonly options: pg.PoolConfig;
  private readonly silenceMs: number | undefined;
  private client: SessionClient | undefined;
  private session: Promise<Session> | undefined;

  /**
   * @param options those of a pool. Here `query_timeout` limits how long the server may be silent: `pg` would
   *   count from the sending of a statement, and blame it for those before it.
   */
  constructor({ query_timeout: silenceMs, ...options }: pg.PoolConfig) {
    this.options = options;
    this.silenceMs = silenceMs;
  }

  /**
   * @throws NeverStarted the same statement may be sent again
   * @throws DatabaseUnavailable there is no connection
   */
  async query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    this.waiting += 1;
    try {
      return await this.sendOn<Row>(await this.open(), text, values);
    } finally {
      this.waiting -= 1;
    }
  }

  /** @returns the connection, once there is one. @throws DatabaseUnavailable */
  open(): Promise<Session> {
    return (this.session ??= this.connect());
  }

  /** Ends the connection, or gives up making it; a server that has fallen silent is not waited for long. */
  async close(): Promise<void> {
    const { client } = this;
    if (client === undefined) return;
    await Promise.race([client.end(), sleep(CLOSE_MS, undefined, { ref: false })]);
    this.drop(client);
  }

  private async sendOn<Row extends object>(session: Session, text: string, values?: readonly unknown[]) {
    const number = (session.sent += 1);
    session.silence ??= this.endAfterSilence(session);
    try {
      return await send<Row>(session.client, text, values);
    } catch (error) {
      throw session.overdue !== undefined && number > session.overdue ? new NeverStarted() : error;
    } finally {
      session.answered += 1;
      if (session.answered < session.sent) session.silence?.refresh();
      else {
        clearTimeout(session.silence);
        session.silence = undefined;
      }
    }
  }

  private endAfterSilence(session: Session): NodeJS.Timeout | undefined {
    if (this.silenceMs === undefined) return undefined;
    return setTimeout(() => {
      session.overdue = session.answered + 1;
      this.drop(session.client);
    }, this.silenceMs);
  }

  private async connect(): Promise<Session> {
    const client = (this.client = new SessionClient(this.options));
    for (const end of ['error', 'end']) {
      client.once(end, () => {
        this.drop(client);
      });
    }
    const session: Session = { client, sent: 0, answered: 0, silence: undefined };
    const silence = this.endAfterSilence(session);
    try {
      await client.connect();
      await client.initializeSession();
    } catch (error) {
      this.drop(client);
      // What passes by itself is told to every caller; what does not, such as a password, is the operator's.
      if (domainErrorOf(error, {}) === undefined) {
        this.logger.error(`A connection to PostgreSQL is refused (${databaseFailureOf(error).code ?? 'no code'}).`);
      }
      throw error instanceof DatabaseUnavailable ? error : new DatabaseUnavailable();
    } finally {
      clearTimeout(silence);
    }
    this.isOpen = this.client === client;
    return session;
  }

  private drop(client: SessionClient): void {
    client.destroy();
    if (this.client !== client) return;
    this.client = this.session = undefined;
    this.isOpen = false;
  }
}
