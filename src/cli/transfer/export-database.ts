import type { DataSource, EntityManager } from 'typeorm';
import { sequenceAll } from '../../record/bulk.js';
import type { TableProgress } from '../session.js';
import { headerOf, type Counts, type EndLine, type SequenceLine } from './format.js';
import { writeLines } from './lines-file.js';
import { columnList, keyOf, quoted, readTables, useCanonicalText, type Table } from './tables.js';

/** Rows per statement; fewer if a row may have megabytes. */
const BATCH = 1000;
const BATCHES: Readonly<Record<string, number>> = { hospital_picture: 4 };

/**
 * Exports every row of the service to a new file, from one snapshot of the database.
 * @returns number of rows by table
 * @throws UnusableFile the file already exists, or cannot be written
 */
export async function exportDatabase(dataSource: DataSource, path: string, progress: TableProgress): Promise<Counts> {
  await sequenceAll(dataSource);
  return dataSource.transaction('REPEATABLE READ', async (manager) => {
    await manager.query('SET TRANSACTION READ ONLY');
    await useCanonicalText(manager);
    const counts: Counts = {};
    await writeLines(path, linesOf(manager, counts, progress));
    return counts;
  });
}

async function* linesOf(manager: EntityManager, counts: Counts, progress: TableProgress): AsyncGenerator<string> {
  const tables = await readTables(manager);
  yield `${JSON.stringify(await headerOf(manager, tables))}\n`;
  for (const table of tables) {
    counts[table.name] = 0;
    for await (const rows of batchesOf(manager, table)) {
      const count = (counts[table.name] ?? 0) + rows.length;
      counts[table.name] = count;
      progress(table.name, count);
      for (const row of rows) yield `{"table":${JSON.stringify(table.name)},"row":${row}}\n`;
    }
  }
  for (const table of tables) yield* sequenceLinesOf(manager, table);
  yield `${JSON.stringify({ end: counts } satisfies EndLine)}\n`;
}

/**
 * Reads a table by keyset pagination over its primary key.
 * @returns batches of rows, each row a JSON array of texts that PostgreSQL has built
 */
async function* batchesOf(manager: EntityManager, table: Table): AsyncGenerator<string[]> {
  const key = keyOf(table);
  const limit = BATCHES[table.name] ?? BATCH;
  const texts = table.columns.map(({ name }) => `${quoted(name)}::text`).join(', ');
  const select = `SELECT json_build_array(${texts})::text AS row FROM ${quoted(table.name)}`;
  const order = `ORDER BY ${columnList(key)} LIMIT ${String(limit)}`;
  const bounds = key.map(({ type }, index) => `$${String(index + 1)}::text::${type}`).join(', ');
  const after = `WHERE (${columnList(key)}) > (${bounds})`;
  for (let last: unknown[] | undefined; ;) {
    const read = await manager.query<{ row: string }[]>(
      `${select} ${last === undefined ? '' : after} ${order}`,
      last ?? [],
    );
    const rows = read.map(({ row }) => row);
    yield rows;
    if (rows.length < limit) return;
    const values = JSON.parse(rows.at(-1) ?? '[]') as unknown[];
    last = key.map(({ index }) => values[index]);
  }
}

async function* sequenceLinesOf(manager: EntityManager, table: Table): AsyncGenerator<string> {
  for (const { name: column, sequence } of table.columns) {
    if (sequence === null) continue;
    const [{ value, used }] = await manager.query<[{ value: string; used: boolean }]>(
      `SELECT last_value::text AS value, is_called AS used FROM ${sequence}`,
    );
    yield `${JSON.stringify({ sequence: { table: table.name, column, value, used } } satisfies SequenceLine)}\n`;
  }
}
