import type { DataSource, EntityManager } from 'typeorm';
import { actorText, type Actor } from '../database/actor.js';
import { SEQUENCE_BATCH, SEQUENCE } from './record-reader.js';
import { RECORDED_TABLES } from './recorded-tables.js';

/** The triggers that write into the inbox, give rows the ids of their entries, and refuse changes. */
const TRIGGERS = String.raw`zz\_record\_%`;

/**
 * Runs `work` with the triggers of the record off, for everybody, in the transaction of `manager`, which locks the
 * tables against other writers until it ends. Only the owner of the tables may do this.
 * @returns the result of `work`
 */
export async function withoutRecord<T>(manager: EntityManager, work: () => Promise<T>): Promise<T> {
  const triggers = await manager.query<{ table: string; name: string }[]>(
    `SELECT tgrelid::regclass::text AS table, quote_ident(tgname) AS name
     FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
     WHERE relnamespace = current_schema()::regnamespace AND tgname LIKE $1 ORDER BY 1, 2`,
    [TRIGGERS],
  );
  const alterAll = async (state: string) => {
    for (const { table, name } of triggers) await manager.query(`ALTER TABLE ${table} ${state} TRIGGER ${name}`);
  };
  await alterAll('DISABLE');
  const result = await work();
  await alterAll('ENABLE ALWAYS');
  return result;
}

/**
 * Writes the first entries of rows that were stored inside {@link withoutRecord}: one statement per table instead of a
 * trigger per row. Call {@link sequenceAll} after the commit.
 * @param firsts table -> the least id of its new rows
 */
export async function recordNewRows(
  manager: EntityManager,
  firsts: Readonly<Record<string, number>>,
  actor: Actor,
): Promise<void> {
  for (const { name, subject, created, ids, state } of RECORDED_TABLES) {
    const first = firsts[name];
    if (first === undefined) continue;
    await manager.query(
      `INSERT INTO record_inbox (id, at, subject, type, membership, medic, hospital, after, actor)
       SELECT t.entry_id, t.entry_at, $2, $3, ${ids}, ${state}, $4 FROM ${name} t WHERE t.id >= $1 ORDER BY t.id`,
      [first, subject, created, actorText(actor)],
    );
  }
}

/** Moves everything that waits in the inbox into the record, in transactions of its own. */
export async function sequenceAll(dataSource: DataSource): Promise<void> {
  let moved = SEQUENCE_BATCH;
  while (moved === SEQUENCE_BATCH) {
    [{ moved }] = await dataSource.query<[{ moved: number }]>(SEQUENCE, [SEQUENCE_BATCH]);
  }
}
