import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createIndex, dropIndex } from './online.js';

/**
 * Indexes in list order, so that the cost of a page does not depend on the length of the list. The second one has
 * `membership_live_admins` as a prefix.
 */
export class ListIndexes1767830400000 implements MigrationInterface {
  readonly name = 'ListIndexes1767830400000';
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await createIndex(queryRunner, 'membership_live_of_medic', 'membership (medic_id, id) WHERE NOT is_deleted');
    await createIndex(
      queryRunner,
      'membership_by_hospital_and_state',
      'membership (hospital_id, is_deleted, type, is_active, id)',
    );
    await dropIndex(queryRunner, 'membership_live_admins');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    const liveAdmins = `membership (hospital_id) WHERE type = 'ADMIN' AND NOT is_deleted`;
    await createIndex(queryRunner, 'membership_live_admins', liveAdmins);
    await dropIndex(queryRunner, 'membership_by_hospital_and_state');
    await dropIndex(queryRunner, 'membership_live_of_medic');
  }
}
