import type { MigrationInterface, QueryRunner } from 'typeorm';
import { MEMBERSHIP_CHANGE, MEMBERSHIP_STATE } from './1767916800002-record-triggers.js';
import { definerSettings } from './record/definer.js';
import {
  CHANGE_LIMITED,
  DUE,
  IS_DUE,
  KEEP_MEMBERSHIP,
  LIMITED_STATE,
  OWED,
  ROW_LIMITED,
  STAMP_MEMBERSHIP,
} from './record/membership-functions.js';
import { changeWhen, createTriggers } from './record/recorded-table.js';
import { sequenceFunction } from './record/sequence-function.js';

const STATE = ['type', 'is_active', 'is_deleted'];
const LIMITED_COLUMNS = [...STATE, 'valid_from', 'valid_until'];

/** SQL of the member `effective` of an entry, which only starts and ends have. */
const EFFECTIVE = `COALESCE(',"effective":"' || record_instant(effective) || '"', '')`;

/**
 * Limits memberships in time. The new columns are null, so no row is rewritten; the index of the hospital's lists is built
 * again with them, so that counts need no rows.
 */
export class LimitedMemberships1768900000000 implements MigrationInterface {
  readonly name = 'LimitedMemberships1768900000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE record_inbox ADD effective timestamptz');
    await queryRunner.query(`
      ALTER TABLE membership ADD valid_from timestamptz, ADD valid_until timestamptz, ADD due_at timestamptz,
        ADD CONSTRAINT membership_starts_before_end CHECK (valid_from < valid_until),
        ADD CONSTRAINT membership_limits_in_range CHECK (${inRange('valid_from')} AND ${inRange('valid_until')})`);
    await queryRunner.query(`
      CREATE INDEX membership_limited_of_hospital ON membership (hospital_id, id)
        WHERE valid_from IS NOT NULL OR valid_until IS NOT NULL`);
    await queryRunner.query('CREATE INDEX membership_due ON membership (due_at) WHERE due_at IS NOT NULL');
    await replaceStateIndex(queryRunner, ', valid_from, valid_until');
    await queryRunner.query('DROP FUNCTION record_membership_state(text, boolean, boolean)');
    for (const text of [LIMITED_STATE, DUE, IS_DUE, STAMP_MEMBERSHIP, KEEP_MEMBERSHIP]) await queryRunner.query(text);
    const settings = await definerSettings(queryRunner);
    for (const text of [OWED, CHANGE_LIMITED, ROW_LIMITED]) await queryRunner.query(text(settings));
    await queryRunner.query(
      'REVOKE EXECUTE ON FUNCTION record_owed(membership, timestamptz, uuid), record_membership_row() FROM PUBLIC',
    );
    await replaceFunction(queryRunner, sequenceFunction(settings, EFFECTIVE));
    await replaceTriggers(queryRunner, {
      zz_record_2_keep: `BEFORE UPDATE ON membership FOR EACH ROW
        WHEN (${changeWhen(['entry_id', 'entry_at', 'due_at'])}) EXECUTE FUNCTION record_membership_keep()`,
      zz_record_3_stamp: `BEFORE UPDATE ON membership FOR EACH ROW
        WHEN (OLD.entry_id IS NULL OR ${changeWhen(LIMITED_COLUMNS)} OR OLD.due_at <= clock_timestamp())
        EXECUTE FUNCTION record_membership_stamp()`,
      zz_record_4_stamp_new: `BEFORE INSERT ON membership FOR EACH ROW EXECUTE FUNCTION record_membership_stamp()`,
      zz_record_5_write: `AFTER INSERT OR DELETE ON membership FOR EACH ROW EXECUTE FUNCTION record_membership_row()`,
      zz_record_6_write_first: `AFTER UPDATE ON membership FOR EACH ROW
        WHEN (OLD.entry_id IS NULL AND NEW.entry_id IS NOT NULL) EXECUTE FUNCTION record_membership_row()`,
    });
  }

  /** Limits are lost. Memberships that are not in force are removed first: without limits they would become live. */
  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`UPDATE membership SET is_deleted = true
      WHERE NOT is_deleted AND (valid_from > clock_timestamp() OR valid_until <= clock_timestamp())`);
    const settings = await definerSettings(queryRunner);
    await replaceTriggers(queryRunner, {
      zz_record_2_keep: `BEFORE UPDATE ON membership FOR EACH ROW
        WHEN (${changeWhen(['entry_id', 'entry_at'])}) EXECUTE FUNCTION record_keep()`,
      zz_record_3_stamp: `BEFORE UPDATE ON membership FOR EACH ROW
        WHEN (OLD.entry_id IS NULL OR ${changeWhen(STATE)}) EXECUTE FUNCTION record_stamp()`,
      zz_record_4_stamp_new: `BEFORE INSERT ON membership FOR EACH ROW EXECUTE FUNCTION record_stamp()`,
      zz_record_5_write: `AFTER INSERT OR DELETE ON membership FOR EACH ROW EXECUTE FUNCTION record_change('membership')`,
      zz_record_6_write_first: `AFTER UPDATE ON membership FOR EACH ROW
        WHEN (OLD.entry_id IS NULL AND NEW.entry_id IS NOT NULL) EXECUTE FUNCTION record_change('membership')`,
    });
    await replaceFunction(queryRunner, sequenceFunction(settings));
    await replaceFunction(queryRunner, MEMBERSHIP_CHANGE(settings));
    await queryRunner.query(`DROP FUNCTION record_membership_row, record_owed, record_membership_keep,
      record_membership_stamp, record_is_due, record_due, record_membership_state`);
    await queryRunner.query(MEMBERSHIP_STATE);
    await replaceStateIndex(queryRunner, '');
    await queryRunner.query('ALTER TABLE membership DROP valid_from, DROP valid_until, DROP due_at');
    await queryRunner.query('ALTER TABLE record_inbox DROP effective');
  }
}

/** @returns SQL for an instant that the format of the contract can write, which infinity is not */
function inRange(column: string): string {
  return `${column} >= '0001-01-01T00:00:00Z' AND ${column} < '10000-01-01T00:00:00Z'`;
}

async function replaceStateIndex(queryRunner: QueryRunner, more: string): Promise<void> {
  await queryRunner.query('DROP INDEX membership_by_hospital_and_state');
  await queryRunner.query(`CREATE INDEX membership_by_hospital_and_state
    ON membership (hospital_id, is_deleted, type, is_active, id${more})`);
}

/** Replaces a function with the same parameters, whose owner and rights stay. */
async function replaceFunction(queryRunner: QueryRunner, text: string): Promise<void> {
  await queryRunner.query(text.replace('CREATE FUNCTION', 'CREATE OR REPLACE FUNCTION'));
}

async function replaceTriggers(queryRunner: QueryRunner, triggers: Readonly<Record<string, string>>): Promise<void> {
  for (const trigger of Object.keys(triggers)) await queryRunner.query(`DROP TRIGGER ${trigger} ON membership`);
  await createTriggers(queryRunner, 'membership', Object.entries(triggers));
}
