/**
 * Moves up to `batch` changes into the record, in the order of their numbers, and returns how many.
 *
 * A number is drawn while the row that it is about is locked, and the lock lasts until the commit: changes of one row
 * are committed in the order of their numbers. A change that is not committed yet is a gap; it comes later.
 *
 * A gap stays until its transaction must have ended. Transactions get their xid before they draw a number, so those of
 * the gaps that an earlier call has left are older than this call's xid, which is assigned under the lock: hence the
 * advisory lock, because waiting for a row would assign it before.
 *
 * @param effective SQL for the text of a member that follows `at`
 */
export const sequenceFunction = (settings: string, effective?: string): string => `
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
          concat('{"position":', position, ',"id":"', id, '","at":"', record_instant(final_at), '"${effective === undefined ? '' : `', ${effective}, '`},"type":"', type,
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
