import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Indexes the medics of a hospital by id, so that a page of a search costs the same in the largest hospital. */
export class DecisionSearches1768700000000 implements MigrationInterface {
  readonly name = 'DecisionSearches1768700000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('CREATE INDEX membership_of_hospital_by_medic ON membership (hospital_id, medic_id)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX membership_of_hospital_by_medic');
  }
}
