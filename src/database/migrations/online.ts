/**
 * Steps of migrations that block neither readers nor writers of a table for more than a moment. Such a migration runs outside
 * a transaction (`transaction = false`). If it is interrupted, `migrate` runs it again from its beginning, so each of its steps
 * can be repeated. Within a transaction, which TypeORM begins for `down`, the steps block until that ends.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { QueryRunner } from 'typeorm';
import { OperatorError } from '../../common/errors.js';
import { databaseFailureOf } from '../database-errors.js';

/** How {@link changeTable} waits for a table. */
export interface Patience {
  /** How long it waits at a time, in milliseconds. All others queue behind it meanwhile. */
  readonly wait: number;
  /** How long it lets the others work before it tries again, in milliseconds. */
  readonly pause: number;
  readonly attempts: number;
}

/** Together 68 s, longer than any transaction of the service. */
const PATIENCE: Patience = { wait: 700, pause: 1000, attempts: 40 };

/** SQLSTATE lock_not_available. */
const LOCK_NOT_AVAILABLE = '55P03';

/** Rows per transaction of {@link changeRows}, which holds their locks for about 50 ms. */
const BATCH = 1000;

/** Delay before rows that were locked are tried again, in milliseconds. */
const LOCKED_ROWS_PAUSE_MS = 100;

/** No id is smaller. */
const FIRST_ID = -(2 ** 31);

/** Others did not let go of a table. */
class TableIsInUse extends OperatorError {
  constructor(table: string) {
    super(
      `The migration cannot change the table ${table}, because another transaction does not end. Find it with ` +
        'SELECT pid, xact_start, application_name FROM pg_stat_activity ORDER BY xact_start, ' +
        'and run `migrate` again when it has ended.',
    );
  }
}

/**
 * Changes a table, in a transaction that locks it against everybody else. The change must be short, must touch no other
 * table that has rows, and may be carried out again after a rollback.
 * @throws TableIsInUse
 */
export async function changeTable(
  queryRunner: QueryRunner,
  table: string,
  change: () => Promise<unknown>,
  { wait, pause, attempts }: Patience = PATIENCE,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    await queryRunner.startTransaction();
    try {
      await queryRunner.query('SET LOCAL statement_timeout = 0');
      // Nobody but a VACUUM has to wait for this lock. PostgreSQL ends an automatic one that it waits for, but only after
      // a second, which would be too long for the next lock.
      await queryRunner.query(`LOCK TABLE ${table} IN SHARE UPDATE EXCLUSIVE MODE`);
      await queryRunner.query(`SET LOCAL lock_timeout = ${String(wait)}`);
      await queryRunner.query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
      await change();
      await queryRunner.commitTransaction();
      return;
    } catch (error) {
      await queryRunner.rollbackTransaction();
      if (databaseFailureOf(error).code !== LOCK_NOT_AVAILABLE) throw error;
      if (attempt === attempts) throw new TableIsInUse(table);
    }
    await sleep(pause);
  }
}

/**
 * Changes rows of a table in batches, and leaves rows that others have locked until they are free.
 * @param condition SQL for the rows to change, which no changed row meets
 * @param change common table expressions after `batch`, which has the ids, the last of which changes the rows
 */
export async function changeRows(
  queryRunner: QueryRunner,
  table: string,
  condition: string,
  change: string,
): Promise<void> {
  const hasMore = async () =>
    ((await queryRunner.query(`SELECT FROM ${table} WHERE ${condition} LIMIT 1`)) as unknown[]).length > 0;
  while (await hasMore()) {
    for (let last: number | null = FIRST_ID; last !== null;) {
      [{ last }] = (await queryRunner.query(
        `WITH RECURSIVE batch AS MATERIALIZED (
           SELECT id FROM ${table} WHERE id > $1 AND ${condition} ORDER BY id LIMIT ${String(BATCH)}
           FOR NO KEY UPDATE SKIP LOCKED),
         ${change}
         SELECT max(id) AS last FROM batch`,
        [last],
      )) as [{ last: number | null }];
    }
    if (await hasMore()) await sleep(LOCKED_ROWS_PAUSE_MS);
  }
}

/**
 * Creates an index unless there is one. An index that an interrupted build has left is not valid, and is built again.
 * @param on the table, the columns and the condition
 */
export async function createIndex(queryRunner: QueryRunner, name: string, on: string): Promise<void> {
  const unfinished = (await queryRunner.query(
    'SELECT FROM pg_index WHERE indexrelid = to_regclass($1) AND NOT indisvalid',
    [name],
  )) as unknown[];
  if (unfinished.length > 0) await dropIndex(queryRunner, name);
  await queryRunner.query(`CREATE INDEX ${concurrently(queryRunner)} IF NOT EXISTS ${name} ON ${on}`);
}

/** Drops an index if it exists. */
export async function dropIndex(queryRunner: QueryRunner, name: string): Promise<void> {
  await queryRunner.query(`DROP INDEX ${concurrently(queryRunner)} IF EXISTS ${name}`);
}

/** Replaces an index by another of the same name, which is built first. */
export async function replaceIndex(queryRunner: QueryRunner, name: string, on: string): Promise<void> {
  await createIndex(queryRunner, `${name}_new`, on);
  await dropIndex(queryRunner, name);
  // Locks the index only against other changes.
  await queryRunner.query(`ALTER INDEX ${name}_new RENAME TO ${name}`);
}

function concurrently({ isTransactionActive }: QueryRunner): string {
  return isTransactionActive ? '' : 'CONCURRENTLY';
}
