import type { MigrationInterface, QueryRunner } from 'typeorm';
import { definerSettings } from './record/definer.js';

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
    await queryRunner.query(SEQUENCE(await definerSettings(queryRunner)));
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

/**
 * Moves up to `batch` changes into the record, in the order of their numbers, and returns how many.
 *
 * A number is drawn while the row that it is about is locked, and the lock lasts until the commit: changes of one row
 * are committed in the order of their numbers. A change that is not committed yet is a gap; it comes later.
 *
 * A gap stays until its transaction must have ended. Transactions get their xid before they draw a number, so those of
 * the gaps that an earlier call has left are older than this call's xid, which is assigned under the lock: hence the
 * advisory lock, because waiting for a row would assign it before.
 */
const SEQUENCE = (settings: string): string => `
  CREATE FUNCTION record_sequence(batch integer DEFAULT 1000) RETURNS integer LANGUAGE plpgsql VOLATILE ${settings}
    SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
  DECLARE
    head record_head;
    here tid;
    seqs bigint[];
    moved integer;
    oldest xid8;
    leaves bytea[];
  BEGIN
    IF pg_current_xact_id_if_assigned() IS NOT NULL THEN
      RAISE EXCEPTION 'record_sequence must not be called in a transaction that has written'
        USING ERRCODE = 'active_sql_transaction';
    END IF;
    PERFORM pg_advisory_xact_lock(7203114551);
    -- An old snapshot keeps dead versions of this row as well; they are read only once.
    SELECT ctid INTO STRICT here FROM record_head FOR UPDATE;
    SELECT * INTO STRICT head FROM record_head WHERE ctid = here;
    -- A statement of its own: its snapshot is younger than the lock.
    SELECT array_agg(seq ORDER BY seq), pg_snapshot_xmin(pg_current_snapshot()) INTO seqs, oldest FROM (
      SELECT i.seq FROM unnest(head.gaps + head.old_gaps) gap
        CROSS JOIN LATERAL (
          SELECT seq FROM record_inbox WHERE seq >= lower(gap) AND seq < upper(gap) ORDER BY seq LIMIT batch) i
      UNION ALL
      (SELECT i.seq FROM record_inbox i WHERE i.seq > head.inbox_seq ORDER BY i.seq LIMIT batch)
      ORDER BY seq LIMIT batch) found;
    IF seqs IS NULL THEN RETURN 0; END IF;
    moved := array_length(seqs, 1);
    -- Read after the rows, so that every later change has a later one.
    head.clock := GREATEST(head.clock, clock_timestamp());
    WITH taken AS (DELETE FROM record_inbox WHERE seq = ANY (seqs) RETURNING *),
      placed AS (
        SELECT taken.*, head.position + row_number() OVER (ORDER BY seq) AS position,
          GREATEST(taken.at, head.clock - interval '14.999999 seconds') AS final_at
        FROM taken),
      entry AS (
        INSERT INTO record_entry (position, id, at, subject, type, membership, medic, hospital, body)
        SELECT position, id, final_at, subject, type, membership, medic, hospital,
          concat('{"position":', position, ',"id":"', id, '","at":"', record_instant(final_at), '","type":"', type,
            '","membership":', COALESCE(membership::text, 'null'), ',"medic":', COALESCE(medic::text, 'null'),
            ',"hospital":', COALESCE(hospital::text, 'null'), ',"before":', COALESCE(before, 'null'),
            ',"after":', COALESCE(after, 'null'), ',"actor":', actor,
            ',"request":', COALESCE(to_json(request)::text, 'null'), '}')
        FROM placed ORDER BY position
        RETURNING position, body)
    SELECT array_agg(record_leaf(body) ORDER BY position) INTO STRICT leaves FROM entry;

    head.peaks := record_grow(head.peaks, head.position, leaves);
    head.position := head.position + moved;
    -- The numbers of this batch are gaps no more, and those that it has jumped over are.
    IF head.old_xid > pg_current_xact_id() THEN head.old_xid := pg_current_xact_id(); END IF;
    IF moved < batch AND oldest >= head.old_xid THEN
      head.old_gaps := head.gaps;
      head.gaps := '{}';
      head.old_xid := pg_current_xact_id();
    END IF;
    SELECT head.old_gaps - range_agg(int8range(seq, seq, '[]')),
      head.gaps + int8multirange(int8range(head.inbox_seq, GREATEST(head.inbox_seq, max(seq)), '(]'))
        - range_agg(int8range(seq, seq, '[]')),
      GREATEST(head.inbox_seq, max(seq))
    INTO head.old_gaps, head.gaps, head.inbox_seq FROM unnest(seqs) seq;
    UPDATE record_head SET position = head.position, clock = head.clock, peaks = head.peaks, inbox_seq = head.inbox_seq,
      gaps = head.gaps, old_gaps = head.old_gaps, old_xid = head.old_xid WHERE ctid = here;
    RETURN moved;
  END $$`;
