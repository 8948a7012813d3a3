import type pg from 'pg';
import type { DataSource } from 'typeorm';

/** @returns the pool of connections that a data source, which is connected, works with */
export function poolOf(dataSource: DataSource): pg.Pool {
  return (dataSource.driver as unknown as { master: pg.Pool }).master;
}
