import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type pg from 'pg';
import { DataSource } from 'typeorm';
import { EmbeddedDataSource } from './embedded-data-source.js';
import { poolOf, standAlone } from './pool.js';
import { send, type Statements } from './statements.js';
import { SessionClient } from './session-client.js';

/** How many connections are kept for reading. */
const LANES = 2;

/**
 * Answers statements that read and stand alone. On a server they share few connections, on which they
 * follow each other without waiting: no request waits for a connection that a transaction holds.
 */
@Injectable()
export class Reads implements Statements, OnApplicationShutdown {
  private readonly any: Statements;
  private readonly lanes: Lane[];

  constructor(dataSource: DataSource) {
    this.any = standAlone(dataSource);
    // The one connection of an embedded database is not to be kept by anybody.
    const lanes = dataSource instanceof EmbeddedDataSource ? 0 : LANES;
    this.lanes = Array.from({ length: lanes }, () => new Lane(poolOf(dataSource).options));
  }

  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    const [lane, ...others] = this.lanes;
    if (lane === undefined) return this.any.query<Row>(text, values);
    return others.reduce((least, other) => (other.waiting < least.waiting ? other : least), lane).query(text, values);
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.lanes.map((lane) => lane.close()));
  }
}

/** A connection that is kept, and made anew where it has ended. */
class Lane implements Statements {
  /** How many statements have no answer yet. */
  waiting = 0;
  private client: SessionClient | undefined;
  private connecting: Promise<SessionClient> | undefined;

  /** @param options those of the pool */
  constructor(private readonly options: pg.PoolConfig) {}

  async query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    this.waiting += 1;
    try {
      return await send<Row>(this.client ?? (await this.connect()), text, values);
    } finally {
      this.waiting -= 1;
    }
  }

  async close(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    await client?.end();
  }

  private connect(): Promise<SessionClient> {
    this.connecting ??= this.open().finally(() => {
      this.connecting = undefined;
    });
    return this.connecting;
  }

  private async open(): Promise<SessionClient> {
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
