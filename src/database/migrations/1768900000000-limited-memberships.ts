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
import { changeTable } from './online.js';
import { changeWhen, createTriggers } from './record/recorded-table.js';
import { sequenceFunction } from './record/sequence-function.js';

const STATE = ['type', 'is_active', 'is_deleted'];
const LIMITED_COLUMNS = [...STATE, 'valid_from', 'valid_until'];

/** SQL of the member `effective` of an entry, which only starts and ends have. */
const EFFECTIVE = `COALESCE(',"effective":"' || record_instant(effective) || '"', '')`;

/** Limits memberships in time. The new columns are null, so no row is rewritten. */
export class LimitedMemberships1768900000000 implements MigrationInterface {
  readonly name = 'LimitedMemberships1768900000000';
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await changeTable(queryRunner, 'record_inbox', () =>
      queryRunner.query('ALTER TABLE record_inbox ADD COLUMN IF NOT EXISTS effective timestamptz'),
    );
    if (!(await queryRunner.hasColumn('membership', 'valid_from'))) {
      await changeTable(queryRunner, 'membership', () => addLimits(queryRunner));
    }
    // Reads every row.
    await queryRunner.query('ALTER TABLE membership VALIDATE CONSTRAINT membership_starts_before_end');
    await queryRunner.query('ALTER TABLE membership VALIDATE CONSTRAINT membership_limits_in_range');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    if (await queryRunner.hasColumn('membership', 'valid_from')) {
      await changeTable(queryRunner, 'membership', () => dropLimits(queryRunner));
    }
    await changeTable(queryRunner, 'record_inbox', () =>
      queryRunner.query('ALTER TABLE record_inbox DROP COLUMN IF EXISTS effective'),
    );
  }
}

async function addLimits(queryRunner: QueryRunner): Promise<void> {
  await queryRunner.query(`
    ALTER TABLE membership ADD valid_from timestamptz, ADD valid_until timestamptz, ADD due_at timestamptz,
      ADD CONSTRAINT membership_starts_before_end CHECK (valid_from < valid_until) NOT VALID,
      ADD CONSTRAINT membership_limits_in_range CHECK (${inRange('valid_from')} AND ${inRange('valid_until')}) NOT VALID`);
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
async function dropLimits(queryRunner: QueryRunner): Promise<void> {
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
  await queryRunner.query(MEMBERSHIP_CHANGE(settings));
  await queryRunner.query(`DROP FUNCTION record_membership_row, record_owed, record_membership_keep,
    record_membership_stamp, record_is_due, record_due, record_membership_state`);
  await queryRunner.query(MEMBERSHIP_STATE);
  await queryRunner.query('ALTER TABLE membership DROP valid_from, DROP valid_until, DROP due_at');
}

/** @returns SQL for an instant that the format of the contract can write, which infinity is not */
function inRange(column: string): string {
  return `${column} >= '0001-01-01T00:00:00Z' AND ${column} < '10000-01-01T00:00:00Z'`;
}

/** Replaces a function with the same parameters, whose owner and rights stay. */
async function replaceFunction(queryRunner: QueryRunner, text: string): Promise<void> {
  await queryRunner.query(text.replace('CREATE FUNCTION', 'CREATE OR REPLACE FUNCTION'));
}

async function replaceTriggers(queryRunner: QueryRunner, triggers: Readonly<Record<string, string>>): Promise<void> {
  for (const trigger of Object.keys(triggers)) await queryRunner.query(`DROP TRIGGER ${trigger} ON membership`);
  await createTriggers(queryRunner, 'membership', Object.entries(triggers));
}
