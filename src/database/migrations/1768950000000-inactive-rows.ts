import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createIndex, dropIndex } from './online.js';

/**
 * Indexes the inactive accounts and hospitals alone, so that a decision finds out with one small index that a row is active.
 */
export class InactiveRows1768950000000 implements MigrationInterface {
  readonly name = 'InactiveRows1768950000000';
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await createIndex(queryRunner, 'hospital_inactive', 'hospital (id) WHERE NOT is_active');
    await createIndex(queryRunner, 'medic_inactive', 'medic (id) WHERE NOT is_active');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await dropIndex(queryRunner, 'hospital_inactive');
    await dropIndex(queryRunner, 'medic_inactive');
  }
}
