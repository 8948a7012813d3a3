import type { EntityManager } from 'typeorm';

/** Entries per statement. */
const BATCH = 2000;

/** The Merkle tree over the entries of a record. */
export interface Tree {
  /** Number of entries, as `pg` returns a bigint. */
  readonly size: string;
  /** As in `record_head`, for another statement. */
  readonly peaks: unknown;
}

/** An entry is missing, or its columns do not repeat its body. */
export class WrongEntry extends Error {
  constructor(readonly position: string) {
    super(`Entry ${position} of the record is wrong.`);
  }
}

/**
 * Computes the tree over all entries again, and stores its full tiles, in the transaction of `manager`, in which the
 * table of tiles is empty.
 * @throws WrongEntry the first position without a valid entry
 */
export async function growTree(manager: EntityManager): Promise<Tree> {
  let tree: Tree = { size: '0', peaks: [] };
  for (let grown = BATCH; grown === BATCH;) {
    type Grown = Tree & { grown: number; wrong: string | null };
    const [next] = await manager.query<[Grown]>(GROW, [tree.size, tree.peaks]);
    ({ grown } = next);
    if (next.wrong !== null) throw new WrongEntry(next.wrong);
    if (grown > 0) tree = { size: next.size, peaks: next.peaks };
  }
  return tree;
}

/** Whether the columns of an entry repeat its body. */
const REPEATS_BODY = `
  (id::text, record_instant(at), type, membership::text, medic::text, hospital::text, position::text)
  IS NOT DISTINCT FROM (body::json ->> 'id', body::json ->> 'at', body::json ->> 'type', body::json ->> 'membership',
    body::json ->> 'medic', body::json ->> 'hospital', body::json ->> 'position')`;

/** Adds the entries after $1 to the tree with the peaks $2. `wrong` is the first position with a wrong entry. */
const GROW = `
  WITH next AS MATERIALIZED (
    SELECT *, $1::bigint + row_number() OVER (ORDER BY position) AS expected
    FROM record_entry WHERE position > $1::bigint ORDER BY position LIMIT ${String(BATCH)})
  SELECT count(*)::integer AS grown, max(position) AS size, min(wrong)::text AS wrong,
    CASE WHEN count(wrong) = 0 THEN
      record_grow($2::bytea[], $1::bigint, COALESCE(array_agg(record_leaf(body) ORDER BY position), '{}')) END AS peaks
  FROM (SELECT *, CASE WHEN position <> expected OR NOT ${REPEATS_BODY} THEN expected END AS wrong FROM next) next`;
