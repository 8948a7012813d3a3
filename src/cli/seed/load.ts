import type { EntityManager } from 'typeorm';
import { recordNewRows, withoutRecord } from '../../record/bulk.js';
import { hospitalRows, medicRows, membershipRows, type SeedSize } from './data-set.js';

/** Rows per statement. */
const BATCH = 10_000;

/** Receives the table, the number of stored rows, and their total. */
export type SeedProgress = (table: string, stored: number, of: number) => void;

/**
 * Adds a data set to the existing data, in the transaction of `manager`. Call {@link sequenceAll} after the commit.
 * @returns the id of an ADMIN of the largest hospital
 */
export function loadDataSet(manager: EntityManager, size: SeedSize, progress: SeedProgress): Promise<number> {
  // Triggers for each row would take longer than the row itself.
  return withoutRecord(manager, () => loadTables(manager, size, progress));
}

async function loadTables(manager: EntityManager, size: SeedSize, progress: SeedProgress): Promise<number> {
  const firstMedic = await nextId(manager, 'medic');
  const firstHospital = await nextId(manager, 'hospital');
  const [firstMembership] = await manager.query<[{ id: number }]>(
    'SELECT COALESCE(max(id), 0) + 1 AS id FROM membership',
  );
  await load(manager, 'hospital', hospitalRows(size), size.hospitals, progress, {
    columns: 'name, patron, location, contact',
    types: ['text', 'text', 'text', 'text'],
  });
  await load(manager, 'medic', medicRows(size, firstMedic), size.medics, progress, {
    columns: 'name, email, email_key',
    types: ['text', 'text', 'text'],
  });
  await load(manager, 'membership', membershipRows(size), size.memberships, progress, {
    columns: 'medic_id, hospital_id, type, is_active, date_joined',
    types: ['integer', 'integer', 'text', 'boolean', 'integer'],
    select: `a + ${String(firstMedic)}, b + ${String(firstHospital)}, c, d, now() - make_interval(days => e, secs => a)`,
  });
  const membership = firstMembership.id;
  await recordNewRows(manager, { medic: firstMedic, hospital: firstHospital, membership }, { type: 'operator' });
  const [admin] = await manager.query<[{ medic_id: number }]>(
    `SELECT medic_id FROM membership WHERE type = 'ADMIN' AND hospital_id = (
       SELECT hospital_id FROM membership WHERE hospital_id >= $1 GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1)
     ORDER BY id LIMIT 1`,
    [firstHospital],
  );
  return admin.medic_id;
}

/** Locks the table, so that ids are consecutive and memberships can be computed from them. */
async function nextId(manager: EntityManager, table: 'medic' | 'hospital'): Promise<number> {
  await manager.query(`LOCK TABLE ${table} IN SHARE ROW EXCLUSIVE MODE`);
  const [{ id }] = await manager.query<[{ id: number }]>(
    `SELECT nextval(pg_get_serial_sequence('${table}', 'id'))::integer + 1 AS id`,
  );
  return id;
}

async function load(
  manager: EntityManager,
  table: string,
  rows: Generator<unknown[]>,
  total: number,
  progress: SeedProgress,
  { columns, types, select = '*' }: { columns: string; types: string[]; select?: string },
): Promise<void> {
  const arrays = types.map((type, index) => `$${String(index + 1)}::${type}[]`).join(', ');
  const names = [...'abcdefgh'].slice(0, types.length).join(', ');
  // The last two columns as the triggers set them.
  const sql = `INSERT INTO ${table} (${columns}, entry_id, entry_at)
    SELECT ${select}, gen_random_uuid(), clock_timestamp() FROM unnest(${arrays}) AS row (${names})`;
  for (let stored = 0; stored < total;) {
    const batch = take(rows, BATCH);
    const byColumn = types.map((_, column) => batch.map((row) => row[column]));
    await manager.query(sql, byColumn);
    stored += batch.length;
    progress(table, stored, total);
  }
}

function take(rows: Generator<unknown[]>, count: number): unknown[][] {
  const taken: unknown[][] = [];
  while (taken.length < count) {
    const next = rows.next();
    if (next.done === true) break;
    taken.push(next.value);
  }
  return taken;
}
