import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createIndex, dropIndex } from './online.js';

/** Indexes the medics of a hospital by id, so that a page of a search costs the same in the largest hospital. */
export class DecisionSearches1768700000000 implements MigrationInterface {
  readonly name = 'DecisionSearches1768700000000';
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await createIndex(queryRunner, 'membership_of_hospital_by_medic', 'membership (hospital_id, medic_id)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropIndex(queryRunner, 'membership_of_hospital_by_medic');
  }
}
