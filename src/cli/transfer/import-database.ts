import type { DataSource, EntityManager } from 'typeorm';
import { OPERATOR } from '../../database/actor.js';
import { databaseFailureOf } from '../../database/database-errors.js';
import { inTransaction } from '../../database/transaction.js';
import { withoutRecord } from '../../record/bulk.js';
import { withDeferredForeignKeys } from './deferred-foreign-keys.js';
import type { TableProgress } from '../session.js';
import { DamagedExport, DatabaseNotEmpty } from './errors.js';
import { headerOf, parseHeader, parseLine, type Counts, type SequenceLine } from './format.js';
import { readLines } from './lines-file.js';
import { restoreRecord } from './restore-record.js';
import { RowLoader } from './row-loader.js';
import { requireSameSchema } from './same-schema.js';
import { quoted, readTables, useCanonicalText } from './tables.js';

/** SQLSTATE classes data_exception and integrity_constraint_violation: the rows are invalid. */
const INVALID_ROWS = /^2[23]/;

/**
 * Imports an export into an empty database, completely or not at all. Ids stay the same, and sequences continue
 * where they were.
 * @returns number of rows by table
 * @throws UnusableFile the file cannot be read
 * @throws DamagedExport the file is not a complete export
 * @throws OtherSchema its schema differs from that of the database
 * @throws DatabaseNotEmpty the database has rows
 */
export async function importDatabase(dataSource: DataSource, path: string, progress: TableProgress): Promise<Counts> {
  try {
    return await inTransaction(dataSource, OPERATOR, ({ manager }) => importInto(manager, path, progress));
  } catch (error) {
    const { code = '', constraint } = databaseFailureOf(error);
    if (!INVALID_ROWS.test(code)) throw error;
    throw new DamagedExport(`the database rejects its rows (${[code, constraint ?? ''].join(' ').trim()})`);
  }
}

async function importInto(manager: EntityManager, path: string, progress: TableProgress): Promise<Counts> {
  await useCanonicalText(manager);
  const tables = await readTables(manager);
  const names = tables.map(({ name }) => quoted(name));
  await requireEmpty(manager, names);
  const lines = readLines(path);
  try {
    const first = await lines.next();
    requireSameSchema(parseHeader(first.done === true ? undefined : first.value), await headerOf(manager, tables));
    const loader = new RowLoader(manager, tables);
    const sequences = await withoutRecord(manager, () =>
      withDeferredForeignKeys(manager, names, () => storeLines(loader, lines, progress)),
    );
    await restoreRecord(manager);
    await manager.query(`ANALYZE ${names.join(', ')}`);
    // Last, because setval is not undone by a rollback.
    await setSequences(manager, sequences);
    return loader.counts;
  } finally {
    await lines.return(undefined);
  }
}

/** Locks the tables, so that they stay empty until this transaction fills them. */
async function requireEmpty(manager: EntityManager, names: readonly string[]): Promise<void> {
  await manager.query(`LOCK TABLE ${names.join(', ')} IN SHARE ROW EXCLUSIVE MODE`);
  // A new database has a head, which the file replaces.
  await manager.query('DELETE FROM record_head WHERE position = 0');
  for (const name of names) {
    const found = await manager.query<unknown[]>(`SELECT FROM ${name} LIMIT 1`);
    if (found.length > 0) throw new DatabaseNotEmpty(name.replaceAll('"', ''));
  }
}

/** @returns the states of the sequences */
async function storeLines(
  loader: RowLoader,
  lines: AsyncIterable<string>,
  progress: TableProgress,
): Promise<SequenceLine['sequence'][]> {
  const sequences: SequenceLine['sequence'][] = [];
  let end: Counts | undefined;
  for await (const text of lines) {
    if (end !== undefined) throw new DamagedExport('something follows its end');
    const line = parseLine(text);
    if ('row' in line) {
      await loader.add(line, text.length);
      progress(line.table, loader.counts[line.table] ?? 0);
    } else if ('sequence' in line) sequences.push(line.sequence);
    else end = line.end;
  }
  await loader.flush();
  if (end === undefined) throw new DamagedExport('its end is missing');
  for (const [name, count] of Object.entries(loader.counts)) {
    if (end[name] !== count) throw new DamagedExport(`rows of ${name} are missing`);
  }
  return sequences;
}

async function setSequences(manager: EntityManager, sequences: SequenceLine['sequence'][]): Promise<void> {
  for (const { table, column, value, used } of sequences) {
    await manager.query('SELECT setval(pg_get_serial_sequence($1, $2), $3, $4)', [quoted(table), column, value, used]);
  }
}
