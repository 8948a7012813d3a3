import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Creates the table of the responses to requests with an `Idempotency-Key`. It has no foreign key, because a share lock
 * on the medic at the end of a transaction would break the order of locks. The function raises an error instead of
 * returning false, so that the statements behind it in the same round trip wait for no lock.
 */
export class Idempotency1768800000000 implements MigrationInterface {
  readonly name = 'Idempotency1768800000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE idempotent_response (
        medic_id integer NOT NULL,
        name bytea NOT NULL,
        request bytea NOT NULL,
        response bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT idempotent_response_pkey PRIMARY KEY (medic_id, name),
        CONSTRAINT idempotent_response_digest_length CHECK (octet_length(name) = 32 AND octet_length(request) = 32)
      )`);
    await queryRunner.query('CREATE INDEX idempotent_response_created_at ON idempotent_response (created_at)');
    await queryRunner.query(
      'CREATE INDEX idempotent_response_medic_and_created_at ON idempotent_response (medic_id, created_at)',
    );
    await queryRunner.query(`
      CREATE FUNCTION idempotent_response_lock(id bigint) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
          IF NOT pg_try_advisory_xact_lock(id) THEN
            RAISE EXCEPTION 'a request with this Idempotency-Key is running'
              USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'idempotent_response_lock';
          END IF;
        END $$`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP FUNCTION idempotent_response_lock');
    await queryRunner.query('DROP TABLE idempotent_response');
  }
}
