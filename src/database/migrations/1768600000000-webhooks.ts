import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Creates the webhook endpoints. Each is a reader of the record with a position of its own; a process that delivers to
 * one holds its lease. They are not part of the record, and `export` leaves them out, because of their secrets.
 */
export class Webhooks1768600000000 implements MigrationInterface {
  readonly name = 'Webhooks1768600000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE webhook (
        id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT webhook_pkey PRIMARY KEY,
        name text NOT NULL
          CONSTRAINT webhook_name_unique UNIQUE
          CONSTRAINT webhook_name_format CHECK (name ~ '^[a-z0-9-]{1,64}$'),
        url text NOT NULL CONSTRAINT webhook_url_is_https CHECK (url LIKE 'https://%' AND length(url) <= 2000),
        types text[] CONSTRAINT webhook_types_not_empty CHECK (cardinality(types) > 0),
        hospital integer,
        position bigint NOT NULL CONSTRAINT webhook_position_not_negative CHECK (position >= 0),
        secret bytea NOT NULL,
        secret_key text,
        previous_secret bytea,
        previous_key text,
        previous_until timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        delivered_at timestamptz,
        failures integer NOT NULL DEFAULT 0,
        failing_since timestamptz,
        last_failure text,
        next_attempt_at timestamptz NOT NULL DEFAULT now(),
        disabled_at timestamptz,
        disabled_because text CONSTRAINT webhook_disabled_because_known
          CHECK (disabled_because IN ('operator', 'gone', 'failures')),
        lease uuid,
        leased_until timestamptz,
        CONSTRAINT webhook_previous_secret CHECK ((previous_secret IS NULL) = (previous_until IS NULL)),
        CONSTRAINT webhook_disabled CHECK ((disabled_at IS NULL) = (disabled_because IS NULL)),
        CONSTRAINT webhook_lease CHECK ((lease IS NULL) = (leased_until IS NULL))
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE webhook');
  }
}
