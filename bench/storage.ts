/**
 * Measures the bytes of a row of each table with its indexes, and of an entry of the record, and how fast entries get
 * their positions.
 */
import type pg from 'pg';
import { createDatabase, dropDatabase, onServer, sizeOf } from './database.js';
import { readFlags, serverUrlOfRun } from './flags.js';
import { SEQUENCE_BATCH, SEQUENCE } from '../src/record/record-reader.js';
import { Report, type Row } from './report.js';
import { databaseCpu, databaseCpuSince } from './servers.js';
import { round } from './table.js';

/** Number of memberships that are changed, to measure the entries that changes leave. */
const CHANGES = 200_000;
/** Changes per transaction. */
const BATCH = 20_000;
/** Rows for which the sizes are extrapolated. */
const MANY = { memberships: 100_000_000, entries: 1_000_000_000 };
const GIGABYTE = 1e9;

interface Size {
  readonly rows: number;
  readonly table: number;
  readonly indexes: number;
}

const flags = readFlags({ rounds: 1, seconds: 0 });
const serverUrl = serverUrlOfRun();
const size = sizeOf(flags.memberships);
const report = new Report(flags.save);
try {
  await onServer(await createDatabase(serverUrl, size), measure);
} finally {
  await dropDatabase(serverUrl, size);
}

async function measure(client: pg.Client): Promise<void> {
  const membership = await sizeOfTable(client, 'membership');
  const medic = await sizeOfTable(client, 'medic');
  const key = await sizeOfTable(client, 'api_token');
  const before = await sizeOfTable(client, 'record_entry');
  const sequencing = await changeMemberships(client);
  const after = await sizeOfTable(client, 'record_entry');
  const change = {
    rows: after.rows - before.rows,
    table: after.table - before.table,
    indexes: after.indexes - before.indexes,
  };
  const medics = MANY.memberships / 5;
  await report.table('storage', [
    rowOf('membership', membership, MANY.memberships),
    rowOf('medic', medic, medics),
    rowOf('key', key, medics),
    rowOf('entry of a new row', before, MANY.memberships),
    rowOf('entry of a change', change, MANY.entries),
  ]);
  await report.table('sequencing', [sequencing]);
}

/**
 * Changes memberships as medics do, one row and one entry each, and moves the entries into the record.
 * @returns the speed at which one connection moves them, as the service does it
 */
async function changeMemberships(client: pg.Client): Promise<Row> {
  const spent = { seconds: 0, cpu: 0 };
  await client.query('CREATE TEMP TABLE chosen AS SELECT id FROM membership ORDER BY random() LIMIT $1', [CHANGES]);
  for (let done = 0; done < CHANGES; done += BATCH) {
    await client.query('BEGIN');
    await client.query(
      `SELECT set_config('hm.actor', '{"type":"medic","id":123456,"token":1234567}', true),
         set_config('hm.request', gen_random_uuid()::text, true)`,
    );
    await client.query(
      `UPDATE membership SET type = CASE type WHEN 'ADMIN' THEN 'MEMBER' ELSE 'ADMIN' END
       WHERE id IN (SELECT id FROM chosen ORDER BY id LIMIT $1 OFFSET $2)`,
      [BATCH, done],
    );
    await client.query('COMMIT');
    const [began, cpu] = [performance.now(), databaseCpu()];
    for (let moved = 0; moved < BATCH; moved += SEQUENCE_BATCH) await client.query(SEQUENCE, [SEQUENCE_BATCH]);
    spent.seconds += (performance.now() - began) / 1000;
    spent.cpu += databaseCpuSince(cpu);
  }
  return {
    'entries at once': SEQUENCE_BATCH,
    'entries/s': Math.round(CHANGES / spent.seconds),
    'db µs per entry': round(spent.cpu / CHANGES),
  };
}

async function sizeOfTable(client: pg.Client, table: string): Promise<Size> {
  const { rows } = await client.query<{ rows: string; table: string; indexes: string }>(
    `SELECT (SELECT count(*) FROM ${table}) AS rows, pg_table_size($1) AS table, pg_indexes_size($1) AS indexes`,
    [table],
  );
  const [row] = rows;
  return { rows: Number(row?.rows), table: Number(row?.table), indexes: Number(row?.indexes) };
}

function rowOf(of: string, { rows, table, indexes }: Size, many: number): Row {
  const bytes = (table + indexes) / rows;
  return {
    row: of,
    measured: rows,
    'bytes of the table': Math.round(table / rows),
    'bytes of its indexes': Math.round(indexes / rows),
    together: Math.round(bytes),
    'rows, millions': many / 1e6,
    GB: Math.round((bytes * many) / GIGABYTE),
  };
}
