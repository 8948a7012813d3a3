import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Creates the tables of the record. A trigger writes each change into `record_inbox`, in the transaction of the change;
 * `record_sequence` moves committed changes into `record_entry` and gives them their positions.
 */
export class RecordTables1767916800000 implements MigrationInterface {
  readonly name = 'RecordTables1767916800000';

  async up(queryRunner: QueryRunner): Promise<void> {
    // `before`, `after` and `actor` are JSON texts that the trigger has built, so that any row can become an entry.
    // CHECK constraints would be compiled for each INSERT and take half of the trigger's time.
    // The default thresholds of autovacuum follow the size of a table; this one should always be nearly empty.
    await queryRunner.query(`
      CREATE TABLE record_inbox (
        seq bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT record_inbox_pkey PRIMARY KEY,
        id uuid NOT NULL,
        at timestamptz NOT NULL,
        subject text NOT NULL,
        type text NOT NULL,
        membership integer,
        medic integer,
        hospital integer,
        before text,
        after text,
        actor text NOT NULL,
        request varchar(300)
      ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
        autovacuum_vacuum_insert_threshold = -1, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 100000)`);
    // `body` is the entry, byte for byte as it is hashed. The other columns repeat parts of it for queries.
    await queryRunner.query(`
      CREATE TABLE record_entry (
        position bigint CONSTRAINT record_entry_pkey PRIMARY KEY,
        id uuid NOT NULL CONSTRAINT record_entry_id_unique UNIQUE,
        at timestamptz NOT NULL,
        subject text NOT NULL,
        type text NOT NULL,
        membership integer,
        medic integer,
        hospital integer,
        body text NOT NULL
      )`);
    await queryRunner.query(`
      CREATE INDEX record_entry_of_membership ON record_entry (membership, at, position) WHERE membership IS NOT NULL`);
    // With the type, because a history counts by it.
    await queryRunner.query(`
      CREATE INDEX record_entry_at_hospital ON record_entry (hospital, at, position) INCLUDE (type)
        WHERE hospital IS NOT NULL`);
    // Memberships without a row, of which there are few: only SQL by hand deletes rows.
    await queryRunner.query(`
      CREATE INDEX record_entry_of_deleted_row ON record_entry (hospital, membership) WHERE type = 'membership.deleted'`);
    await queryRunner.query(`
      CREATE INDEX record_entry_of_hospital ON record_entry (hospital, at, position) WHERE subject = 'hospital'`);
    await queryRunner.query(`
      CREATE INDEX record_entry_of_medic ON record_entry (medic, at, position) WHERE subject = 'medic'`);
    // Full tiles only: 256 hashes of a level, and the hash above them. Hashes cannot be compressed.
    await queryRunner.query(`
      CREATE TABLE record_tile (
        level integer NOT NULL,
        number bigint NOT NULL,
        hashes bytea NOT NULL CONSTRAINT record_tile_is_full CHECK (octet_length(hashes) = 8192),
        root bytea NOT NULL CONSTRAINT record_tile_root_is_hash CHECK (octet_length(root) = 32),
        CONSTRAINT record_tile_pkey PRIMARY KEY (level, number)
      )`);
    await queryRunner.query('ALTER TABLE record_tile ALTER hashes SET STORAGE EXTERNAL');
    await createHead(queryRunner);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE record_head, record_tile, record_entry, record_inbox');
  }
}

/**
 * The one row of the head:
 * - `position`: of the last entry, which is also the size of the tree
 * - `clock`: that of the last sequencing, which never goes back
 * - `peaks[h + 1]`: the hash of the complete subtree of 2^h leaves at the end, if bit h of `position` is set; else null
 * - `inbox_seq`: rows of the inbox up to here are in the record, apart from those of `gaps` and `old_gaps`
 * - `gaps`, `old_gaps`: numbers up to `inbox_seq` that no committed row has had so far. All of `old_gaps` were drawn by
 *   transactions older than `old_xid`
 * - `is_complete`: whether the rows that existed before the record have their entries
 * - `began`: when they had them. The record can answer for every instant from then on
 */
async function createHead(queryRunner: QueryRunner): Promise<void> {
  await queryRunner.query(`
    CREATE TABLE record_head (
      id boolean DEFAULT true CONSTRAINT record_head_pkey PRIMARY KEY CONSTRAINT record_head_is_one_row CHECK (id),
      origin text NOT NULL,
      position bigint NOT NULL DEFAULT 0,
      clock timestamptz NOT NULL DEFAULT '-infinity',
      peaks bytea[] NOT NULL DEFAULT '{}',
      inbox_seq bigint NOT NULL DEFAULT 0,
      gaps int8multirange NOT NULL DEFAULT '{}',
      old_gaps int8multirange NOT NULL DEFAULT '{}',
      old_xid xid8 NOT NULL DEFAULT '0',
      is_complete boolean NOT NULL DEFAULT false,
      began timestamptz
    ) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)`);
  await queryRunner.query(`INSERT INTO record_head (origin) VALUES ('hospital-memberships/' || gen_random_uuid())`);
}
