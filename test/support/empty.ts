import { OPERATOR } from '../../src/database/actor.js';
import { inTransaction } from '../../src/database/transaction.js';
import { withoutRecord } from '../../src/record/bulk.js';
import type { DataSource } from 'typeorm';

/**
 * Empties the service's tables and the record, as only their owner can: the record refuses TRUNCATE.
 * @param andIds whether ids start again from 1
 */
export function empty(dataSource: DataSource, andIds = false): Promise<void> {
  return inTransaction(dataSource, OPERATOR, async ({ manager }) => {
    // Otherwise a call of record_sequence could still move rows that are gone.
    await manager.query('LOCK TABLE record_head IN ACCESS EXCLUSIVE MODE');
    await withoutRecord(manager, async () => {
      await manager.query(
        `TRUNCATE medic, api_token, hospital, hospital_picture, membership, service_account, idempotent_response, webhook ${andIds ? 'RESTART' : 'CONTINUE'} IDENTITY`,
      );
      await manager.query('TRUNCATE record_inbox, record_entry, record_tile RESTART IDENTITY');
      await manager.query(
        `UPDATE record_head SET position = 0, peaks = '{}', inbox_seq = 0, gaps = '{}', old_gaps = '{}'`,
      );
    });
  });
}
