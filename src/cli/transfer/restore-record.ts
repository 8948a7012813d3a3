import type { EntityManager } from 'typeorm';
import { DIFFERENCES, type Difference } from '../../record/replay.js';
import { growTree, WrongEntry } from '../../record/tree.js';
import { DamagedExport } from './errors.js';

/**
 * Completes an imported record: computes its tree, and checks that it is the tree of the file, that its positions have
 * no gap, and that its entries replay to the imported tables.
 * @throws DamagedExport
 */
export async function restoreRecord(manager: EntityManager): Promise<void> {
  const heads = await manager.query<{ position: string; peaks: unknown; isComplete: boolean }[]>(
    'SELECT position::text, peaks, is_complete AS "isComplete" FROM record_head',
  );
  const [head] = heads;
  if (head?.isComplete !== true) throw new DamagedExport('the head of its record is missing or not complete');
  const tree = await growTree(manager).catch((error: unknown) => {
    if (error instanceof WrongEntry) throw new DamagedExport(`entry ${error.position} of its record is wrong`);
    throw error;
  });
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
