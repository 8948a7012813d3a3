import type pg from 'pg';
import type { DataSource } from 'typeorm';
import { withRetries } from './retries.js';
import { send, type Statements } from './statements.js';
import { noteWrite } from './writes.js';
import type { SessionClient } from './session-client.js';
import { timed } from './waits.js';

/** @param dataSource is connected */
export function poolOf(dataSource: DataSource): pg.Pool {
  return (dataSource.driver as unknown as { master: pg.Pool }).master;
}

/**
 * @returns an executor that runs each statement on any idle connection, as its own transaction, see {@link withRetries}.
 *   Each statement counts as a write.
 */
export function standAlone(dataSource: DataSource): Statements {
  const reads = standAloneReads(dataSource);
  return {
    query: async (text, values) => {
      const rows = await reads.query<never>(text, values);
      noteWrite(dataSource);
      return rows;
    },
  };
}

/** @returns as {@link standAlone}, for statements that write nothing */
export function standAloneReads(dataSource: DataSource): Statements {
  return { query: (text, values) => withRetries(() => sendAlone(poolOf(dataSource), text, values)) };
}

async function sendAlone<Row extends object>(pool: pg.Pool, text: string, values?: readonly unknown[]): Promise<Row[]> {
  const client = await timed('writes', () => pool.connect());
  try {
    return await send<Row>(client as unknown as SessionClient, text, values);
  } finally {
    client.release();
  }
}
