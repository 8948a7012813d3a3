import type { DataSource } from 'typeorm';
import { statedBy, statingSql, type Actor } from '../../src/database/actor.js';

/** Changes rows by SQL, as a writer that states its actor, or as one that does not. */
export function byHand(dataSource: DataSource, sql: string, values: unknown[], actor?: Actor): Promise<void> {
  return dataSource.transaction(async (manager) => {
    if (actor !== undefined) await manager.query(statingSql(), statedBy(actor));
    await manager.query(sql, values);
  });
}

/** @returns a column of the only row that a statement returns */
export async function valueOf<T>(dataSource: DataSource, sql: string, values: unknown[] = []): Promise<T> {
  const [row] = await dataSource.query<[{ value: T }]>(sql, values);
  return row.value;
}
