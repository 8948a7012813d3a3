import type { EntityManager } from 'typeorm';
import { DIFFERENCES, type Difference } from '../../record/replay.js';
import { DamagedExport } from './errors.js';

/** Entries per statement. */
const BATCH = 2000;

/** Whether the columns of an entry repeat its body. */
const REPEATS_BODY = `
  (id::text, record_instant(at), type, membership::text, medic::text, hospital::text, position::text)
  IS NOT DISTINCT FROM (body::json ->> 'id', body::json ->> 'at', body::json ->> 'type', body::json ->> 'membership',
    body::json ->> 'medic', body::json ->> 'hospital', body::json ->> 'position')`;

/**
 * Completes an imported record: computes its tree, and checks that it is the tree of the file, that its positions have
 * no gap, and that its entries replay to the imported tables.
 * @throws DamagedExport
 */
export async function restoreRecord(manager: EntityManager): Promise<void> {
  const heads = await manager.query<{ position: string; peaks: unknown; isComplete: boolean }[]>(
    'SELECT position, peaks, is_complete AS "isComplete" FROM record_head',
  );
  const [head] = heads;
  if (head?.isComplete !== true) throw new DamagedExport('the head of its record is missing or not complete');
  let tree: { size: string; peaks: unknown; wrong: string | null } = { size: '0', peaks: [], wrong: null };
  for (let grown = BATCH; grown === BATCH;) {
    const [next] = await manager.query<[typeof tree & { grown: number }]>(GROW, [tree.size, tree.peaks]);
    ({ grown } = next);
    if (next.wrong !== null) throw new DamagedExport(`entry ${next.wrong} of its record is wrong`);
    if (grown > 0) tree = next;
  }
  const [{ isSame }] = await manager.query<[{ isSame: boolean }]>('SELECT $1::bytea[] = $2::bytea[] AS "isSame"', [
    tree.peaks,
    head.peaks,
  ]);
  if (tree.size !== head.position || !isSame) throw new DamagedExport('entries of its record are missing or changed');
  const [difference] = await manager.query<Difference[]>(DIFFERENCES, [1]);
  if (difference !== undefined) {
    const { subject, id } = difference;
    throw new DamagedExport(`its record does not lead to the state of ${subject} ${String(id)}`);
  }
}

/** Adds the entries after $1 to the tree with the peaks $2. `wrong` is the first position with a wrong entry. */
const GROW = `
  WITH next AS MATERIALIZED (
    SELECT *, $1::bigint + row_number() OVER (ORDER BY position) AS expected
    FROM record_entry WHERE position > $1::bigint ORDER BY position LIMIT ${String(BATCH)})
  SELECT count(*)::integer AS grown, max(position) AS size, min(wrong)::text AS wrong,
    CASE WHEN count(wrong) = 0 THEN
      record_grow($2::bytea[], $1::bigint, COALESCE(array_agg(record_leaf(body) ORDER BY position), '{}')) END AS peaks
  FROM (SELECT *, CASE WHEN position <> expected OR NOT ${REPEATS_BODY} THEN expected END AS wrong FROM next) next`;
