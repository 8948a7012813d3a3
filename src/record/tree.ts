import type { EntityManager } from 'typeorm';
import { readStored, STORED_BATCH, wrongColumns, type StoredEntry } from './stored-entry.js';

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
  for (let grown = STORED_BATCH; grown === STORED_BATCH;) {
    const entries = await readStored(manager, tree.size);
    requireNext(Number(tree.size), entries);
    grown = entries.length;
    const size = entries.at(-1)?.position;
    if (size !== undefined) [tree] = await manager.query<[Tree]>(GROW, [tree.size, tree.peaks, size]);
  }
  return tree;
}

/** @param size of the tree that the entries follow */
function requireNext(size: number, entries: readonly StoredEntry[]): void {
  entries.forEach((entry, index) => {
    const expected = String(size + index + 1);
    if (entry.position !== expected || wrongColumns(entry).length > 0) throw new WrongEntry(expected);
  });
}

/** Adds the entries after $1 up to $3 to the tree with the peaks $2. */
const GROW = `SELECT $3::text AS size,
    record_grow($2::bytea[], $1::bigint, array_agg(record_leaf(body) ORDER BY position)) AS peaks
  FROM record_entry WHERE position > $1::bigint AND position <= $3::bigint`;
