import type pg from 'pg';
import type { DataSource } from 'typeorm';
import { withRetries } from './retries.js';
import { send, type Statements } from './statements.js';
import type { SessionClient } from './session-client.js';

/** @param dataSource is connected */
export function poolOf(dataSource: DataSource): pg.Pool {
  return (dataSource.driver as unknown as { master: pg.Pool }).master;
}

/**
 * @returns an executor that runs each statement on any idle connection, as its own transaction, see {@link withRetries}
 */
export function standAlone(dataSource: DataSource): Statements {
  return { query: (text, values) => withRetries(() => sendAlone(poolOf(dataSource), text, values)) };
}

async function sendAlone<Row extends object>(pool: pg.Pool, text: string, values?: readonly unknown[]): Promise<Row[]> {
  const client = await pool.connect();
  try {
    return await send<Row>(client as unknown as SessionClient, text, values);
  } finally {
    client.release();
  }
}
