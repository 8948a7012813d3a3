import type pg from 'pg';
import { send, type Statements } from './statements.js';
import { SessionClient } from './session-client.js';

/** A connection that is kept, and made anew where it has ended. */
export class Lane implements Statements {
  /** How many statements have no answer yet. */
  waiting = 0;
  private client: SessionClient | undefined;
  private connecting: Promise<SessionClient> | undefined;

  /** @param options those of a pool */
  constructor(private readonly options: pg.PoolConfig) {}

  /** Whether a statement need not wait for the connection. */
  get isOpen(): boolean {
    return this.client !== undefined;
  }

  async query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    this.waiting += 1;
    try {
      return await send<Row>(this.client ?? (await this.open()), text, values);
    } finally {
      this.waiting -= 1;
    }
  }

  /** @returns the connection, once there is one */
  open(): Promise<SessionClient> {
    this.connecting ??= this.connect().finally(() => {
      this.connecting = undefined;
    });
    return this.connecting;
  }

  async close(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    await client?.end();
  }

  private async connect(): Promise<SessionClient> {
    const client = new SessionClient(this.options);
    client.once('end', () => {
      if (this.client === client) this.client = undefined;
    });
    await client.connect();
    await client.meet();
    this.client = client;
    return client;
  }
}
