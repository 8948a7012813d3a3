/**
 * The functions of the record for memberships with limits in time. They replace `record_stamp`, `record_keep` and
 * `record_membership_change`, and wrap `record_change`, which knows no limits.
 */

/** The state of a membership. Limits appear only if one is set, so that older entries keep their texts. */
export const LIMITED_STATE = `
  CREATE FUNCTION record_membership_state(type text, is_active boolean, is_deleted boolean,
      valid_from timestamptz DEFAULT NULL, valid_until timestamptz DEFAULT NULL) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE RETURN '{"type_membership":"' || type
      || CASE WHEN is_active THEN '","is_active":true' ELSE '","is_active":false' END
      || CASE WHEN is_deleted THEN ',"is_deleted":true' ELSE ',"is_deleted":false' END
      || CASE WHEN valid_from IS NULL AND valid_until IS NULL THEN '}' ELSE
        ',"valid_from":' || COALESCE('"' || record_instant(valid_from) || '"', 'null')
        || ',"valid_until":' || COALESCE('"' || record_instant(valid_until) || '"', 'null') || '}' END`;

/** The next start or end after an instant; null without one. */
export const DUE = `
  CREATE FUNCTION record_due(is_deleted boolean, valid_from timestamptz, valid_until timestamptz, after timestamptz)
    RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE RETURN
      CASE WHEN is_deleted THEN NULL WHEN valid_from > after THEN valid_from WHEN valid_until > after THEN valid_until END`;

/** Whether a start or an end waits for its entry. As in `record_is_behind`, the order makes the planner use the index. */
export const IS_DUE = `
  CREATE FUNCTION record_is_due() RETURNS boolean LANGUAGE sql STABLE RETURN
    (SELECT due_at FROM membership WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1) <= clock_timestamp()`;

/**
 * As `record_stamp`, and sets when the next entry is due. A row that is only touched because one was due is stamped no
 * earlier than that, even if the clock goes back meanwhile.
 */
export const STAMP_MEMBERSHIP = `
  CREATE FUNCTION record_membership_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    NEW.entry_id := gen_random_uuid();
    NEW.entry_at := clock_timestamp();
    IF TG_OP = 'UPDATE' THEN
      NEW.entry_at := GREATEST(NEW.entry_at, OLD.entry_at);
      IF OLD.due_at IS NOT NULL AND (OLD.type, OLD.is_active, OLD.is_deleted, OLD.valid_from, OLD.valid_until)
          IS NOT DISTINCT FROM (NEW.type, NEW.is_active, NEW.is_deleted, NEW.valid_from, NEW.valid_until) THEN
        NEW.entry_at := GREATEST(NEW.entry_at, OLD.due_at);
      END IF;
    END IF;
    NEW.due_at := NULL;
    IF NEW.valid_from IS NOT NULL OR NEW.valid_until IS NOT NULL THEN
      NEW.due_at := record_due(NEW.is_deleted, NEW.valid_from, NEW.valid_until, NEW.entry_at);
    END IF;
    RETURN NEW;
  END $$`;

/** Undoes a change of what only triggers set. */
export const KEEP_MEMBERSHIP = `
  CREATE FUNCTION record_membership_keep() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    NEW.entry_id := OLD.entry_id;
    NEW.entry_at := OLD.entry_at;
    NEW.due_at := OLD.due_at;
    RETURN NEW;
  END $$`;

/**
 * Writes the entries of the clock that a membership owes at an instant: the start, the end, or both. The last one gets
 * the id if no other change follows.
 */
export const OWED = (settings: string): string => `
  CREATE FUNCTION record_owed(was membership, at timestamptz, last uuid) RETURNS void LANGUAGE plpgsql ${settings} AS $$
  DECLARE
    state text := record_membership_state(was.type, was.is_active, was.is_deleted, was.valid_from, was.valid_until);
    starts boolean := COALESCE(was.valid_from >= was.due_at AND was.valid_from <= at, false);
    ends boolean := COALESCE(was.valid_until >= was.due_at AND was.valid_until <= at, false);
  BEGIN
    INSERT INTO record_inbox (id, at, effective, subject, type, membership, medic, hospital, before, after, actor)
    SELECT CASE WHEN due.is_last THEN COALESCE(last, gen_random_uuid()) ELSE gen_random_uuid() END, at, due.effective,
      'membership', due.type, was.id, was.medic_id, was.hospital_id, state, state, '{"type":"clock"}'
    FROM (VALUES (1, starts, NOT ends, was.valid_from, 'membership.started'),
        (2, ends, true, was.valid_until, 'membership.ended')) due (number, is_owed, is_last, effective, type)
    WHERE due.is_owed ORDER BY due.number;
  END $$`;

/** As `record_membership_change` before, with limits, after what the membership owes. */
export const CHANGE_LIMITED = (settings: string): string => `
  CREATE OR REPLACE FUNCTION record_membership_change() RETURNS trigger LANGUAGE plpgsql ${settings} AS $$
  DECLARE
    before text := record_membership_state(OLD.type, OLD.is_active, OLD.is_deleted, OLD.valid_from, OLD.valid_until);
    after text := record_membership_state(NEW.type, NEW.is_active, NEW.is_deleted, NEW.valid_from, NEW.valid_until);
  BEGIN
    IF OLD.due_at <= NEW.entry_at THEN
      PERFORM record_owed(OLD, NEW.entry_at, CASE WHEN before = after THEN NEW.entry_id END);
      IF before = after THEN RETURN NULL; END IF;
    END IF;
    INSERT INTO record_inbox (id, at, subject, type, membership, medic, hospital, before, after, actor, request)
    VALUES (NEW.entry_id, NEW.entry_at, 'membership',
      CASE WHEN NEW.is_deleted AND NOT OLD.is_deleted THEN 'membership.removed'
        WHEN OLD.is_deleted AND NOT NEW.is_deleted THEN 'membership.restored' ELSE 'membership.changed' END,
      NEW.id, NEW.medic_id, NEW.hospital_id, before, after, record_actor(), NULLIF(current_setting('hm.request', true), ''));
    RETURN NULL;
  END $$`;

/** Writes a new or deleted row, or one from before the record, which gets its `record.began` first. */
export const ROW_LIMITED = (settings: string): string => `
  CREATE FUNCTION record_membership_row() RETURNS trigger LANGUAGE plpgsql ${settings} AS $$
  DECLARE
    line membership;
    before text;
    after text;
    entry_id uuid;
    entry_at timestamptz;
    actor text := record_actor();
    request text := NULLIF(current_setting('hm.request', true), '');
  BEGIN
    IF TG_OP <> 'INSERT' THEN
      line := OLD;
      before := record_membership_state(OLD.type, OLD.is_active, OLD.is_deleted, OLD.valid_from, OLD.valid_until);
    END IF;
    IF TG_OP = 'DELETE' THEN
      entry_id := gen_random_uuid(); entry_at := GREATEST(clock_timestamp(), OLD.entry_at);
    ELSE
      line := NEW;
      after := record_membership_state(NEW.type, NEW.is_active, NEW.is_deleted, NEW.valid_from, NEW.valid_until);
      entry_id := NEW.entry_id; entry_at := NEW.entry_at;
    END IF;

    IF TG_OP <> 'INSERT' THEN
      IF OLD.entry_id IS NULL THEN
        INSERT INTO record_inbox (id, at, subject, type, membership, medic, hospital, before, after, actor, request)
        VALUES (CASE WHEN before = after THEN entry_id ELSE gen_random_uuid() END, entry_at, 'membership', 'record.began',
          line.id, line.medic_id, line.hospital_id, NULL, before, actor, request);
        IF before = after THEN RETURN NULL; END IF;
      END IF;
      IF OLD.due_at <= entry_at THEN PERFORM record_owed(OLD, entry_at, NULL); END IF;
    END IF;
    INSERT INTO record_inbox (id, at, subject, type, membership, medic, hospital, before, after, actor, request)
    VALUES (entry_id, entry_at, 'membership',
      CASE WHEN before IS NULL THEN 'membership.created' WHEN after IS NULL THEN 'membership.deleted'
        WHEN NEW.is_deleted AND NOT OLD.is_deleted THEN 'membership.removed'
        WHEN OLD.is_deleted AND NOT NEW.is_deleted THEN 'membership.restored' ELSE 'membership.changed' END,
      line.id, line.medic_id, line.hospital_id, before, after, actor, request);
    RETURN NULL;
  END $$`;
