import type { Writable } from 'node:stream';
import pg from 'pg';

/**
 * A connection to the database that sends statements without waiting for the answers to those before
 * (`pipeline`), all of one turn of the event loop in one piece. One that has fallen silent ends itself
 * after `query_timeout`.
 */
export class SessionClient extends pg.Client {
  /** Whether what is prepared by name is still there for the next statement. */
  keepsPrepared = false;
  private isHeld = false;

  constructor(config?: pg.ClientConfig) {
    super(config);
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
   * Finds out of a new connection whether a pooler stands between, which reports another process than the
   * one that answers: it may give each transaction another session, on which nothing has been prepared.
   * Where it may not, what is prepared is planned once: PostgreSQL would else plan anew for each execution
   * where it reckons with a few rows less, which takes longer than the rows. `test:scale` checks such plans.
   */
  async meet(): Promise<void> {
    const { rows } = await this.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    this.keepsPrepared = rows[0]?.pid === (this as unknown as { processID: number | null }).processID;
    if (this.keepsPrepared) await this.query('SET plan_cache_mode = force_generic_plan');
  }
}

/** {@link SessionClient.meet} as the pool's option `verify` has it. */
export function verify(client: SessionClient, done: (error?: Error) => void): void {
  client.meet().then(() => {
    done();
  }, done);
}
