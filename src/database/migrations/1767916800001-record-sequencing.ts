import type { MigrationInterface, QueryRunner } from 'typeorm';
import { definerSettings } from './record/definer.js';
import { sequenceFunction } from './record/sequence-function.js';

/** Adds the functions that move changes from the inbox into the record. */
export class RecordSequencing1767916800001 implements MigrationInterface {
  readonly name = 'RecordSequencing1767916800001';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE FUNCTION record_instant(instant timestamptz) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE RETURN
        COALESCE(to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), instant::text)`);
    // RFC 6962, 2.1: the hashes of leaves and of nodes have different prefixes.
    await queryRunner.query(`
      CREATE FUNCTION record_leaf(body text) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE RETURN
        sha256('\\x00'::bytea || convert_to(body, 'UTF8'))`);
    await queryRunner.query(IS_BEHIND);
    await queryRunner.query(GROW);
    await queryRunner.query(sequenceFunction(await definerSettings(queryRunner)));
    await queryRunner.query('REVOKE EXECUTE ON FUNCTION record_sequence(integer) FROM PUBLIC');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'DROP FUNCTION record_sequence, record_grow, record_is_behind, record_leaf, record_instant',
    );
  }
}

/**
 * Whether committed changes wait in the inbox. It never reads the rows before `inbox_seq`, most of which are dead; the
 * orders with their limits make the planner use the index for that, here and in `record_sequence`, whatever its
 * statistics say.
 */
const IS_BEHIND = `
  CREATE FUNCTION record_is_behind() RETURNS boolean LANGUAGE sql STABLE RETURN
    (SELECT seq FROM record_inbox WHERE seq > (SELECT inbox_seq FROM record_head) ORDER BY seq LIMIT 1) IS NOT NULL
      OR EXISTS (
        SELECT FROM record_head h, unnest(h.gaps + h.old_gaps) gap
        WHERE (SELECT seq FROM record_inbox WHERE seq >= lower(gap) AND seq < upper(gap) ORDER BY seq LIMIT 1)
          IS NOT NULL)`;

/**
 * Adds leaves to the tree of `size` leaves with the given peaks, stores the tiles that become full, and returns the new
 * peaks. The entries of the leaves are stored already. See `createHead` about peaks.
 */
const GROW = `
  CREATE FUNCTION record_grow(peaks bytea[], size bigint, leaves bytea[]) RETURNS bytea[] LANGUAGE plpgsql AS $$
  DECLARE
    leaf bytea;
    hash bytea;
    height integer;
  BEGIN
    FOREACH leaf IN ARRAY leaves LOOP
      hash := leaf;
      height := 0;
      WHILE (size >> height) & 1 = 1 LOOP
        hash := sha256('\\x01'::bytea || peaks[height + 1] || hash);
        peaks[height + 1] := NULL;
        height := height + 1;
        IF height = 8 THEN
          INSERT INTO record_tile (level, number, hashes, root)
          SELECT 0, size >> 8, string_agg(record_leaf(body), '' ORDER BY position), hash
          FROM record_entry WHERE position > size - 255 AND position <= size + 1;
        ELSIF height % 8 = 0 THEN
          INSERT INTO record_tile (level, number, hashes, root)
          SELECT height / 8 - 1, size >> height, string_agg(root, '' ORDER BY number), hash
          FROM record_tile
          WHERE level = height / 8 - 2
            AND number >= size >> height << 8 AND number < ((size >> height) + 1) << 8;
        END IF;
      END LOOP;
      peaks[height + 1] := hash;
      size := size + 1;
    END LOOP;
    RETURN peaks;
  END $$`;
