import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Indexes in list order, so that the cost of a page does not depend on the length of the list. The second one has
 * `membership_live_admins` as a prefix.
 */
export class ListIndexes1767830400000 implements MigrationInterface {
  readonly name = 'ListIndexes1767830400000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('CREATE INDEX membership_live_of_medic ON membership (medic_id, id) WHERE NOT is_deleted');
    await queryRunner.query(`
      CREATE INDEX membership_by_hospital_and_state ON membership (hospital_id, is_deleted, type, is_active, id)`);
    await queryRunner.query('DROP INDEX membership_live_admins');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE INDEX membership_live_admins ON membership (hospital_id)
        WHERE type = 'ADMIN' AND NOT is_deleted`);
    await queryRunner.query('DROP INDEX membership_by_hospital_and_state, membership_live_of_medic');
  }
}
