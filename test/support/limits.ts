import type { DataSource } from 'typeorm';
import { valueOf } from './hand.js';
import { instant } from './instant.js';

/** @returns the instant of the database's clock, moved by an interval such as `-1 hour`, in the contract's format */
export function fromNow(dataSource: DataSource, interval = '0'): Promise<string> {
  return valueOf<string>(dataSource, `SELECT ${instant('(clock_timestamp() + $1::interval)')} AS value`, [interval]);
}

/** Waits until the database's clock has passed an instant. */
export async function passing(dataSource: DataSource, at: string): Promise<void> {
  const rest = `SELECT pg_sleep(GREATEST(0, extract(epoch FROM $1::timestamptz - clock_timestamp())))::text AS value`;
  do await valueOf(dataSource, rest, [at]);
  while (!(await valueOf<boolean>(dataSource, 'SELECT clock_timestamp() > $1::timestamptz AS value', [at])));
}
