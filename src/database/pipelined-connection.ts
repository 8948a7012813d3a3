import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { databaseFailureOf, DatabaseUnavailable, domainErrorOf } from './database-errors.js';
import { send, type Statements } from './statements.js';
import { SessionClient } from './session-client.js';
import { waits, type Queue } from './waits.js';

/** How long a graceful close may take, in milliseconds. */
const CLOSE_MS = 1000;

/** The connection ended before the server reached this statement, because an earlier one timed out. */
export class NeverStarted extends DatabaseUnavailable {}

/** State of one connection. */
interface DatabaseSession {
  readonly client: SessionClient;
  sent: number;
  answered: number;
  /** Time of the last result on the clock of `performance.now()`, while waits are measured. */
  answeredAt: number;
  /**
   * Closes the connection when it fires while a statement waits. The first of waiting statements starts it, and each
   * result restarts it. It is never cleared, because creating a timer takes longer than restarting one.
   */
  silence: NodeJS.Timeout | undefined;
  /** Number of the statement that timed out. */
  overdue?: number;
}

/** A persistent, pipelined connection that reconnects. */
export class PipelinedConnection implements Statements {
  /** Number of statements without a result. */
  waiting = 0;
  /** Whether a statement can be sent at once. */
  isOpen = false;
  private readonly logger = new Logger(PipelinedConnection.name);
  private readonly options: pg.PoolConfig;
  private readonly silenceMs: number | undefined;
  private client: SessionClient | undefined;
  private session: Promise<DatabaseSession> | undefined;

  /**
   * @param options of a pool. `query_timeout` limits the silence of the server: `pg` would count from the sending of a
   *   statement and blame it for those ahead of it.
   * @param queue under which waits are reported; by default they are not
   */
  constructor(
    { query_timeout: silenceMs, ...options }: pg.PoolConfig,
    private readonly queue?: Queue,
  ) {
    this.options = options;
    this.silenceMs = silenceMs;
  }

  /**
   * @throws NeverStarted the statement may be sent again
   * @throws DatabaseUnavailable
   */
  async query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    this.waiting += 1;
    const asked = this.queue !== undefined && waits.isHeard ? performance.now() : undefined;
    try {
      return await this.sendOn<Row>(await this.open(), asked, text, values);
    } finally {
      this.waiting -= 1;
    }
  }

  /**
   * @returns the open connection
   * @throws DatabaseUnavailable
   */
  open(): Promise<DatabaseSession> {
    if (this.session !== undefined) return this.session;
    const session = (this.session = this.connect());
    // Also after a failure without a client, which nothing drops.
    session.catch(() => {
      if (this.session === session) this.session = undefined;
    });
    return session;
  }

  /** Closes the connection or stops connecting. Waits for a silent server only briefly. */
  async close(): Promise<void> {
    const { client } = this;
    if (client === undefined) return;
    await Promise.race([client.end(), sleep(CLOSE_MS, undefined, { ref: false })]);
    this.drop(client);
  }

  private async sendOn<Row extends object>(
    session: DatabaseSession,
    asked: number | undefined,
    text: string,
    values?: readonly unknown[],
  ): Promise<Row[]> {
    const number = (session.sent += 1);
    const sent = asked === undefined ? 0 : performance.now();
    if (session.silence === undefined) session.silence = this.closeAfterSilence(session);
    else if (session.answered === number - 1) session.silence.refresh();
    try {
      return await send<Row>(session.client, text, values);
    } catch (error) {
      throw session.overdue !== undefined && number > session.overdue ? new NeverStarted() : error;
    } finally {
      if (asked !== undefined) this.reportWait(session, asked, sent);
      session.answered += 1;
      if (session.answered < session.sent) session.silence?.refresh();
    }
  }

  /** The server begins with a statement when it has answered the one before it. */
  private reportWait(session: DatabaseSession, asked: number, sent: number): void {
    if (this.queue !== undefined) {
      waits.send({ queue: this.queue, seconds: (Math.max(session.answeredAt, sent) - asked) / 1000 });
    }
    session.answeredAt = performance.now();
  }

  private closeAfterSilence(session: DatabaseSession): NodeJS.Timeout | undefined {
    if (this.silenceMs === undefined) return undefined;
    const close = () => {
      if (session.answered === session.sent) return;
      session.overdue = session.answered + 1;
      this.drop(session.client);
    };
    return setTimeout(close, this.silenceMs).unref();
  }

  private async connect(): Promise<DatabaseSession> {
    const client = (this.client = this.createClient());
    const drop = () => {
      this.drop(client);
    };
    for (const end of ['error', 'end']) {
      client.once(end, drop);
    }
    const session: DatabaseSession = { client, sent: 0, answered: 0, answeredAt: 0, silence: undefined };
    const silence = this.silenceMs === undefined ? undefined : setTimeout(drop, this.silenceMs);
    try {
      await client.connect();
      await client.initializeSession();
    } catch (error) {
      this.drop(client);
      // Callers are told about transient failures. Others, such as a wrong password, are for the operator.
      if (domainErrorOf(error, {}) === undefined) {
        this.logger.error(`Cannot log in to PostgreSQL (${databaseFailureOf(error).code ?? 'no code'}).`);
      }
      throw error instanceof DatabaseUnavailable ? error : new DatabaseUnavailable();
    } finally {
      clearTimeout(silence);
    }
    this.isOpen = this.client === client;
    return session;
  }

  /** `pg` reads the certificate files of the URL here, which may be missing while they are being replaced. */
  private createClient(): SessionClient {
    try {
      return new SessionClient(this.options);
    } catch (error) {
      this.logger.error(`Cannot read the TLS files of the URL (${databaseFailureOf(error).code ?? 'no code'}).`);
      throw new DatabaseUnavailable();
    }
  }

  private drop(client: SessionClient): void {
    client.destroy();
    if (this.client !== client) return;
    this.client = this.session = undefined;
    this.isOpen = false;
  }
}
