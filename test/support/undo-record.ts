import type { DataSource } from 'typeorm';

/** Undoes the migrations of the record, and all later ones. */
export async function undoRecord(dataSource: DataSource): Promise<void> {
  for (let isThere = true; isThere;) {
    await dataSource.undoLastMigration();
    const there = `SELECT to_regclass('record_head') IS NOT NULL AS "isThere"`;
    [{ isThere }] = await dataSource.query<[{ isThere: boolean }]>(there);
  }
}
