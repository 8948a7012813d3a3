import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A change of the name, the specialty or the licence numbers revokes the verification, because the operator verified
 * the old values.
 */
export class SpecialtyVerified1767398400001 implements MigrationInterface {
  readonly name = 'SpecialtyVerified1767398400001';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE FUNCTION medic_revoke_specialty() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF (OLD.name, OLD.specialty, OLD.cedula_prof, OLD.specialty_no)
            IS DISTINCT FROM (NEW.name, NEW.specialty, NEW.cedula_prof, NEW.specialty_no)
          THEN NEW.specialty_verified := false;
          END IF;
          RETURN NEW;
        END $$`);
    await queryRunner.query(`
      CREATE TRIGGER medic_revoke_specialty BEFORE UPDATE ON medic FOR EACH ROW
        WHEN (OLD.specialty_verified) EXECUTE FUNCTION medic_revoke_specialty()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TRIGGER medic_revoke_specialty ON medic');
    await queryRunner.query('DROP FUNCTION medic_revoke_specialty');
  }
}
