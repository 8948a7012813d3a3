import type { DataSource } from 'typeorm';
import { OperatorError } from '../../common/errors.js';

/** Entries per statement. */
const BATCH = 2000;

/** The new tree cannot be built, because an entry is missing. */
export class RecordHasGap extends OperatorError {
  constructor(position: number) {
    super(`The record has no entry at position ${String(position)}; restore the database from a backup first.`);
  }
}

/** The first position without an entry, if there are entries behind it. */
const MISSING = `
  SELECT expected::float8 AS missing
  FROM (SELECT position, row_number() OVER (ORDER BY position) AS expected FROM record_entry) numbered
  WHERE position <> expected ORDER BY expected LIMIT 1`;

/** Adds the entries after $1 to the tree with the peaks $2. */
const GROW = `
  WITH next AS MATERIALIZED (
    SELECT position, body FROM record_entry WHERE position > $1::bigint ORDER BY position LIMIT ${String(BATCH)})
  SELECT count(*)::integer AS grown,
    record_grow($2::bytea[], $1::bigint, COALESCE(array_agg(record_leaf(body) ORDER BY position), '{}')) AS peaks
  FROM next`;

/**
 * Gives the record a new origin and a new tree over its entries, after commits were lost: checkpoints of the old origin
 * no longer apply (contract, section 12). Only the owner of the tables may do this.
 * @returns the new origin, and the number of entries
 * @throws RecordHasGap nothing was changed
 */
export function restartRecord(dataSource: DataSource): Promise<{ origin: string; size: number }> {
  return dataSource.transaction(async (manager) => {
    await manager.query('SET LOCAL statement_timeout = 0');
    // That of `record_sequence`, which must not add entries meanwhile.
    await manager.query('SELECT pg_advisory_xact_lock(7203114551)');
    const [gap] = await manager.query<{ missing: number }[]>(MISSING);
    if (gap !== undefined) throw new RecordHasGap(gap.missing);
    await manager.query('DELETE FROM record_tile');
    let [size, grown, peaks]: [number, number, unknown] = [0, BATCH, []];
    while (grown === BATCH) {
      const [next] = await manager.query<[{ grown: number; peaks: unknown }]>(GROW, [size, peaks]);
      ({ grown, peaks } = next);
      size += grown;
    }
    const [[{ origin }]] = await manager.query<[[{ origin: string }]]>(
      `UPDATE record_head SET origin = 'hospital-memberships/' || gen_random_uuid(), position = $1, peaks = $2
       RETURNING origin`,
      [size, peaks],
    );
    return { origin, size };
  });
}
