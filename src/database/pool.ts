import type pg from 'pg';
import type { DataSource } from 'typeorm';
import { send, type Statements } from './statements.js';
import type { SessionClient } from './session-client.js';

/** @returns the pool of connections that a data source, which is connected, works with */
export function poolOf(dataSource: DataSource): pg.Pool {
  return (dataSource.driver as unknown as { master: pg.Pool }).master;
}

/** @returns what sends each statement on any connection that is free: each is a transaction of its own */
export function standAlone(dataSource: DataSource): Statements {
  return {
    query: async <Row extends object>(text: string, values?: readonly unknown[]) => {
      const client = await poolOf(dataSource).connect();
      try {
        return await send<Row>(client as unknown as SessionClient, text, values);
      } finally {
        client.release();
      }
    },
  };
}
