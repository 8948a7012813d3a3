import type { DataSource } from 'typeorm';
import { OperatorError } from '../../common/errors.js';
import { growTree, WrongEntry } from '../tree.js';

/** The new tree cannot be built, because an entry is missing or was changed. */
export class DamagedRecord extends OperatorError {
  constructor(position: string) {
    super(`The record has no valid entry at position ${position}; restore the database from a backup first.`);
  }
}

/**
 * Gives the record a new origin and a new tree over its entries, after commits were lost: checkpoints of the old origin
 * no longer apply (section 12 of the contract). Only the owner of the tables may do this.
 * @returns the new origin, and the number of entries
 * @throws DamagedRecord nothing was changed
 */
export function restartRecord(dataSource: DataSource): Promise<{ origin: string; size: number }> {
  return dataSource.transaction(async (manager) => {
    await manager.query('SET LOCAL statement_timeout = 0');
    // That of `record_sequence`, which must not add entries meanwhile.
    await manager.query('SELECT pg_advisory_xact_lock(7203114551)');
    await manager.query('DELETE FROM record_tile');
    const { size, peaks } = await growTree(manager).catch((error: unknown) => {
      if (error instanceof WrongEntry) throw new DamagedRecord(error.position);
      throw error;
    });
    const [[{ origin }]] = await manager.query<[[{ origin: string }]]>(
      `UPDATE record_head SET origin = 'hospital-memberships/' || gen_random_uuid(), position = $1, peaks = $2
       RETURNING origin`,
      [size, peaks],
    );
    return { origin, size: Number(size) };
  });
}
