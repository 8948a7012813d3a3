import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createIndex, dropIndex, replaceIndex } from './online.js';

const STATE = 'hospital_id, is_deleted, type, is_active, id';

/**
 * The indexes of limited memberships:
 * - those whose next entry is due;
 * - the limited ones of a hospital in the order of its list, so that a list of those that are not in force needs no other
 *   rows to be read or counted. Builds before the release have another index instead;
 * - the index of a hospital's lists, with limits, so that counts need no rows.
 */
export class LimitedListIndex1769000000000 implements MigrationInterface {
  readonly name = 'LimitedListIndex1769000000000';
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await createIndex(queryRunner, 'membership_due', 'membership (due_at) WHERE due_at IS NOT NULL');
    await createIndex(
      queryRunner,
      'membership_limited_newest_first',
      `membership (hospital_id, is_deleted, date_joined, id, valid_from, valid_until, type, is_active)
       WHERE valid_from IS NOT NULL OR valid_until IS NOT NULL`,
    );
    await dropIndex(queryRunner, 'membership_limited_of_hospital');
    await replaceIndex(
      queryRunner,
      'membership_by_hospital_and_state',
      `membership (${STATE}, valid_from, valid_until)`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await replaceIndex(queryRunner, 'membership_by_hospital_and_state', `membership (${STATE})`);
    await dropIndex(queryRunner, 'membership_limited_newest_first');
    await dropIndex(queryRunner, 'membership_due');
  }
}
