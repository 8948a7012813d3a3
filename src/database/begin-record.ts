import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, EntityManager } from 'typeorm';
import { OPERATOR, statedBy, statingSql } from './actor.js';
import { databaseFailureOf } from './database-errors.js';
import { OperatorError } from '../common/errors.js';

/** The tables with rows that may be older than the record, in the order of their entries. */
const TABLES = ['medic', 'hospital', 'membership', 'api_token'];

/** Rows per transaction, which holds their locks for about 50 ms. */
const BATCH = 1000;

/** Delay before rows that were locked are tried again, in milliseconds. */
const PAUSE_MS = 100;

/** SQLSTATE insufficient_privilege. */
const FORBIDDEN = '42501';

/** The role has no rights on the tables of the record. */
export class RecordIsForbidden extends OperatorError {
  constructor() {
    super(
      "The role in DATABASE_URL may not read the record; run deploy/grants.sql as the schema's owner " +
        '(docs/operations.md).',
    );
  }
}

/**
 * @returns whether the rows that existed before the record have their entries
 * @throws RecordIsForbidden
 */
export async function hasRecordBegun(on: DataSource | EntityManager): Promise<boolean> {
  try {
    const heads = await on.query<unknown[]>('SELECT FROM record_head WHERE is_complete');
    return heads.length > 0;
  } catch (error) {
    throw databaseFailureOf(error).code === FORBIDDEN ? new RecordIsForbidden() : error;
  }
}

/**
 * Writes a `record.began` entry for each row that has none. Every batch is a transaction of its own, and skips rows that
 * are locked until later, so that it neither blocks writers for more than a moment nor waits for them. It can be
 * interrupted, run again, and run from several places at once.
 * @throws RecordIsForbidden
 */
export async function beginRecord(dataSource: DataSource): Promise<void> {
  if (await hasRecordBegun(dataSource)) return;
  for (const table of TABLES) {
    while (await hasOlderRows(dataSource, table)) {
      let last = 0;
      for (let next: number | null = 0; next !== null; next = await beginBatch(dataSource, table, last)) last = next;
      if (await hasOlderRows(dataSource, table)) await sleep(PAUSE_MS);
    }
  }
  await dataSource.query('UPDATE record_head SET is_complete = true, began = clock_timestamp() WHERE NOT is_complete');
}

async function hasOlderRows(dataSource: DataSource, table: string): Promise<boolean> {
  return (await dataSource.query<unknown[]>(`SELECT FROM ${table} WHERE entry_id IS NULL LIMIT 1`)).length > 0;
}

/**
 * Touches a batch of rows, so that the triggers write their entries, then moves these into the record.
 * @param after the batch has only greater ids
 * @returns the last id of the batch, or null if there are no more rows
 */
async function beginBatch(dataSource: DataSource, table: string, after: number): Promise<number | null> {
  const last = await dataSource.transaction('READ COMMITTED', async (manager) => {
    await manager.query(statingSql(), statedBy(OPERATOR));
    const [{ id }] = await manager.query<[{ id: number | null }]>(
      `WITH batch AS MATERIALIZED (
         SELECT id FROM ${table} WHERE id > $1 AND entry_id IS NULL ORDER BY id LIMIT ${String(BATCH)}
         FOR NO KEY UPDATE SKIP LOCKED),
       touched AS (UPDATE ${table} SET entry_at = NULL FROM batch WHERE ${table}.id = batch.id)
       SELECT max(id) AS id FROM batch`,
      [after],
    );
    return id;
  });
  let moved = BATCH;
  while (moved === BATCH) {
    [{ moved }] = await dataSource.query<[{ moved: number }]>('SELECT record_sequence($1) AS moved', [BATCH]);
  }
  return last;
}
