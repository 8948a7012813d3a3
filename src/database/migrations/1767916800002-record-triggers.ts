import type { MigrationInterface, QueryRunner } from 'typeorm';
import { changeTable } from './online.js';
import { definerSettings } from './record/definer.js';
import { recordTable, unrecordTable, type TableToRecord } from './record/recorded-table.js';

/** The tables that are recorded, with the columns whose change is recorded and those that never change. */
const TABLES: readonly TableToRecord[] = [
  {
    name: 'membership',
    state: ['type', 'is_active', 'is_deleted'],
    fixed: ['id', 'medic_id', 'hospital_id'],
    update: 'record_membership_change()',
  },
  { name: 'medic', state: ['is_active'], fixed: ['id'] },
  { name: 'hospital', state: ['is_active'], fixed: ['id'] },
  { name: 'api_token', state: ['digest', 'expires_at', 'revoked_at'], fixed: ['id', 'medic_id'] },
];

/** Records every change of memberships, medics, hospitals and keys. */
export class RecordTriggers1767916800002 implements MigrationInterface {
  readonly name = 'RecordTriggers1767916800002';
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(ACTOR);
    for (const state of STATES) await queryRunner.query(state);
    await queryRunner.query(STAMP);
    await queryRunner.query(KEEP);
    await queryRunner.query(REFUSE);
    const settings = await definerSettings(queryRunner);
    await queryRunner.query(CHANGE(settings));
    await queryRunner.query(MEMBERSHIP_CHANGE(settings));
    await queryRunner.query('REVOKE EXECUTE ON FUNCTION record_change(), record_membership_change() FROM PUBLIC');
    for (const table of TABLES) {
      if (await queryRunner.hasColumn(table.name, 'entry_id')) continue;
      await changeTable(queryRunner, table.name, () => recordTable(queryRunner, table));
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const { name } of TABLES) await changeTable(queryRunner, name, () => unrecordTable(queryRunner, name));
    await queryRunner.query(`DROP FUNCTION record_membership_change, record_change, record_refuse, record_keep, record_stamp,
      record_actor, record_membership_state, record_activity, record_key_state, record_service_state`);
  }
}

/**
 * Returns the actor of the transaction as JSON. A writer that states none is SQL by hand. See `database/actor.ts`. Any
 * other text is null, which the inbox refuses.
 */
const ACTOR = `
  CREATE OR REPLACE FUNCTION record_actor() RETURNS text LANGUAGE sql STABLE RETURN
    CASE
      WHEN COALESCE(current_setting('hm.actor', true), '') = ''
        THEN '{"type":"database","role":' || to_json(session_user::text)::text || '}'
      WHEN current_setting('hm.actor', true) IN ('{"type":"operator"}', '{"type":"clock"}')
        THEN current_setting('hm.actor', true)
      WHEN current_setting('hm.actor', true) LIKE '{"type":"medic",%'
        THEN '{"type":"medic","id":' || (current_setting('hm.actor', true)::json ->> 'id')::integer::text || ',"token":'
          || COALESCE((current_setting('hm.actor', true)::json ->> 'token')::integer::text, 'null') || '}'
    END`;

/** The state of a membership in `before` and `after`, without limits in time. */
export const MEMBERSHIP_STATE = `
  CREATE OR REPLACE FUNCTION record_membership_state(type text, is_active boolean, is_deleted boolean) RETURNS text
     LANGUAGE sql STABLE PARALLEL SAFE RETURN '{"type_membership":"' || type
       || CASE WHEN is_active THEN '","is_active":true' ELSE '","is_active":false' END
       || CASE WHEN is_deleted THEN ',"is_deleted":true}' ELSE ',"is_deleted":false}' END`;

/** The states of rows in `before` and `after`: ids and states only, never names, emails, labels or digests. */
const STATES = [
  MEMBERSHIP_STATE,
  `CREATE OR REPLACE FUNCTION record_activity(is_active boolean) RETURNS text
     LANGUAGE sql STABLE PARALLEL SAFE RETURN '{"is_active":' || is_active::text || '}'`,
  `CREATE OR REPLACE FUNCTION record_key_state(id integer, expires_at timestamptz, revoked_at timestamptz)
     RETURNS text LANGUAGE sql STABLE PARALLEL SAFE RETURN '{"token":' || id::text
       || ',"expires_at":' || COALESCE('"' || record_instant(expires_at) || '"', 'null')
       || ',"revoked_at":' || COALESCE('"' || record_instant(revoked_at) || '"', 'null') || '}'`,
  `CREATE OR REPLACE FUNCTION record_service_state(id integer, scopes text[], expires_at timestamptz, revoked_at timestamptz)
     RETURNS text LANGUAGE sql STABLE PARALLEL SAFE RETURN '{"service":' || id::text
       || ',"scopes":' || to_json(scopes)::text
       || ',"expires_at":' || COALESCE('"' || record_instant(expires_at) || '"', 'null')
       || ',"revoked_at":' || COALESCE('"' || record_instant(revoked_at) || '"', 'null') || '}'`,
];

/**
 * Gives a new or changed row the id and the time of its entry. It has no other effect, because it also runs for rows
 * that ON CONFLICT then skips. The clock may go back, the times of a row never do.
 */
const STAMP = `
  CREATE OR REPLACE FUNCTION record_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    NEW.entry_id := gen_random_uuid();
    NEW.entry_at := GREATEST(clock_timestamp(), OLD.entry_at);
    RETURN NEW;
  END $$`;

/** Undoes a change of the id or the time of an entry. */
const KEEP = `
  CREATE OR REPLACE FUNCTION record_keep() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    NEW.entry_id := OLD.entry_id;
    NEW.entry_at := OLD.entry_at;
    RETURN NEW;
  END $$`;

const REFUSE = `
  CREATE OR REPLACE FUNCTION record_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF TG_OP = 'TRUNCATE' THEN
      RAISE EXCEPTION 'TRUNCATE of % would leave no record; use DELETE', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RAISE EXCEPTION 'The id, the medic and the hospital of a row of % never change', TG_TABLE_NAME
      USING ERRCODE = 'integrity_constraint_violation';
  END $$`;

/**
 * Writes the change of a row into the inbox. The argument of its trigger is the subject, such as `membership`. A row
 * from before the record gets its `record.began` first: the migration only touches it, and any other change may come
 * before the migration does.
 */
const CHANGE = (settings: string): string => `
  CREATE OR REPLACE FUNCTION record_change() RETURNS trigger LANGUAGE plpgsql ${settings} AS $$
  DECLARE
    what text := TG_ARGV[0];
    verb text;
    membership integer;
    medic integer;
    hospital integer;
    before text;
    after text;
    entry_id uuid;
    entry_at timestamptz;
    actor text := record_actor();
    request text := NULLIF(current_setting('hm.request', true), '');
  BEGIN
    IF what = 'membership' THEN
      IF TG_OP <> 'INSERT' THEN
        before := record_membership_state(OLD.type, OLD.is_active, OLD.is_deleted);
        membership := OLD.id; medic := OLD.medic_id; hospital := OLD.hospital_id;
      END IF;
      IF TG_OP <> 'DELETE' THEN
        after := record_membership_state(NEW.type, NEW.is_active, NEW.is_deleted);
        membership := NEW.id; medic := NEW.medic_id; hospital := NEW.hospital_id;
      END IF;
      IF TG_OP = 'UPDATE' THEN
        verb := CASE WHEN NEW.is_deleted AND NOT OLD.is_deleted THEN 'removed'
          WHEN OLD.is_deleted AND NOT NEW.is_deleted THEN 'restored' ELSE 'changed' END;
      END IF;
    ELSIF what IN ('medic', 'hospital') THEN
      IF TG_OP <> 'INSERT' THEN before := record_activity(OLD.is_active); medic := OLD.id; END IF;
      IF TG_OP <> 'DELETE' THEN after := record_activity(NEW.is_active); medic := NEW.id; END IF;
      IF TG_OP = 'UPDATE' THEN verb := CASE WHEN NEW.is_active THEN 'activated' ELSE 'deactivated' END; END IF;
      IF what = 'hospital' THEN hospital := medic; medic := NULL; END IF;
    ELSE
      -- Keys of medics, and service accounts.
      IF TG_OP <> 'INSERT' THEN
        IF what = 'token' THEN
          before := record_key_state(OLD.id, OLD.expires_at, OLD.revoked_at); medic := OLD.medic_id;
        ELSE
          before := record_service_state(OLD.id, OLD.scopes, OLD.expires_at, OLD.revoked_at);
        END IF;
      END IF;
      IF TG_OP <> 'DELETE' THEN
        IF what = 'token' THEN
          after := record_key_state(NEW.id, NEW.expires_at, NEW.revoked_at); medic := NEW.medic_id;
        ELSE
          after := record_service_state(NEW.id, NEW.scopes, NEW.expires_at, NEW.revoked_at);
        END IF;
      END IF;
      IF TG_OP = 'INSERT' THEN
        verb := CASE what WHEN 'token' THEN 'issued' ELSE 'created' END;
      ELSIF TG_OP = 'UPDATE' THEN
        verb := CASE WHEN NEW.revoked_at IS NOT NULL AND OLD.revoked_at IS DISTINCT FROM NEW.revoked_at THEN 'revoked'
          WHEN NEW.revoked_at IS NULL AND OLD.revoked_at IS NOT NULL AND what = 'token' THEN 'issued'
          ELSE 'rotated' END;
      END IF;
    END IF;

    IF TG_OP = 'INSERT' THEN
      verb := COALESCE(verb, 'created');
      entry_id := NEW.entry_id; entry_at := NEW.entry_at;
    ELSIF TG_OP = 'DELETE' THEN
      verb := 'deleted';
      entry_id := gen_random_uuid(); entry_at := GREATEST(clock_timestamp(), OLD.entry_at);
    ELSE
      entry_id := NEW.entry_id; entry_at := NEW.entry_at;
    END IF;

    IF TG_OP <> 'INSERT' AND OLD.entry_id IS NULL THEN
      IF TG_OP = 'UPDATE' AND before = after THEN
        INSERT INTO record_inbox (id, at, subject, type, membership, medic, hospital, before, after, actor, request)
        VALUES (entry_id, entry_at, what, 'record.began', membership, medic, hospital, NULL, after, actor, request);
        RETURN NULL;
      END IF;
      INSERT INTO record_inbox (id, at, subject, type, membership, medic, hospital, before, after, actor, request)
      VALUES (gen_random_uuid(), entry_at, what, 'record.began', membership, medic, hospital, NULL, before, actor, request);
    END IF;
    INSERT INTO record_inbox (id, at, subject, type, membership, medic, hospital, before, after, actor, request)
    VALUES (entry_id, entry_at, what, concat(what, '.', verb), membership, medic, hospital, before, after, actor, request);
    RETURN NULL;
  END $$`;

/** As `record_change` for the most frequent change, an UPDATE of a membership: one statement takes half the time. */
export const MEMBERSHIP_CHANGE = (settings: string): string => `
  CREATE OR REPLACE FUNCTION record_membership_change() RETURNS trigger LANGUAGE plpgsql ${settings} AS $$
  BEGIN
    INSERT INTO record_inbox (id, at, subject, type, membership, medic, hospital, before, after, actor, request)
    VALUES (NEW.entry_id, NEW.entry_at, 'membership',
      CASE WHEN NEW.is_deleted AND NOT OLD.is_deleted THEN 'membership.removed'
        WHEN OLD.is_deleted AND NOT NEW.is_deleted THEN 'membership.restored' ELSE 'membership.changed' END,
      NEW.id, NEW.medic_id, NEW.hospital_id, record_membership_state(OLD.type, OLD.is_active, OLD.is_deleted),
      record_membership_state(NEW.type, NEW.is_active, NEW.is_deleted), record_actor(),
      NULLIF(current_setting('hm.request', true), ''));
    RETURN NULL;
  END $$`;
