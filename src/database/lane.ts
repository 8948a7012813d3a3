import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { databaseFailureOf, DatabaseUnavailable, domainErrorOf } from '../common/database-errors.js';
import { send, type Statements } from './statements.js';
import { SessionClient } from './session-client.js';

/** How long a server may take to say goodbye, in milliseconds. */
const CLOSE_MS = 1000;

/** A connection that is kept, and made anew where it has ended. */
export class Lane implements Statements {
  /** How many statements have no answer yet. */
  waiting = 0;
  /** Whether a statement need not wait for the connection. */
  isOpen = false;
  private readonly logger = new Logger(Lane.name);
  private client: SessionClient | undefined;
  private connection: Promise<SessionClient> | undefined;

  /** @param options those of a pool */
  constructor(private readonly options: pg.PoolConfig) {}

  async query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    this.waiting += 1;
    try {
      return await send<Row>(await this.open(), text, values);
    } finally {
      this.waiting -= 1;
    }
  }

  /** @returns the connection, once there is one. @throws DatabaseUnavailable */
  open(): Promise<SessionClient> {
    return (this.connection ??= this.connect());
  }

  /** Ends the connection, or gives up making it; a server that has fallen silent is not waited for long. */
  async close(): Promise<void> {
    const { client } = this;
    if (client === undefined) return;
    await Promise.race([client.end(), sleep(CLOSE_MS, undefined, { ref: false })]);
    this.drop(client);
  }

  private async connect(): Promise<SessionClient> {
    const client = (this.client = new SessionClient(this.options));
    for (const end of ['error', 'end']) {
      client.once(end, () => {
        this.drop(client);
      });
    }
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
    }
    this.isOpen = this.client === client;
    return client;
  }

  private drop(client: SessionClient): void {
    client.destroy();
    if (this.client !== client) return;
    this.client = this.connection = undefined;
    this.isOpen = false;
  }
}
