import type { QueryRunner } from 'typeorm';

/** A table whose changes are recorded. Its rows need an integer `id`. */
export interface TableToRecord {
  readonly name: string;
  /** The columns whose change leaves an entry. */
  readonly state: readonly string[];
  /** The columns that never change. */
  readonly fixed: readonly string[];
  /** A faster function for updates of rows that have entries already. */
  readonly update?: string;
}

/** The subject of a table's entries, if it is not the table's name. */
const SUBJECTS: Readonly<Record<string, string>> = { api_token: 'token', service_account: 'service' };

/**
 * Adds the columns `entry_id` and `entry_at` and the triggers of the record to a table. `ALWAYS` triggers also run in
 * a session that replays changes. The names of the BEFORE triggers sort last, so that they see what other triggers did.
 */
export async function recordTable(
  queryRunner: QueryRunner,
  { name, state, fixed, update }: TableToRecord,
): Promise<void> {
  const isChanged = `OLD.entry_id IS NULL OR ${changeWhen(state)}`;
  const subject = SUBJECTS[name] ?? name;
  await queryRunner.query(`ALTER TABLE ${name} ADD entry_id uuid, ADD entry_at timestamptz`);
  await createTriggers(queryRunner, name, [
    [
      'zz_record_1_refuse',
      `BEFORE UPDATE ON ${name} FOR EACH ROW WHEN (${changeWhen(fixed)}) EXECUTE FUNCTION record_refuse()`,
    ],
    [
      'zz_record_2_keep',
      `BEFORE UPDATE ON ${name} FOR EACH ROW WHEN (${changeWhen(['entry_id', 'entry_at'])}) EXECUTE FUNCTION record_keep()`,
    ],
    ['zz_record_3_stamp', `BEFORE UPDATE ON ${name} FOR EACH ROW WHEN (${isChanged}) EXECUTE FUNCTION record_stamp()`],
    ['zz_record_4_stamp_new', `BEFORE INSERT ON ${name} FOR EACH ROW EXECUTE FUNCTION record_stamp()`],
    [
      'zz_record_5_write',
      `AFTER INSERT OR DELETE ON ${name} FOR EACH ROW EXECUTE FUNCTION record_change('${subject}')`,
    ],
    [
      'zz_record_6_write_change',
      `AFTER UPDATE ON ${name} FOR EACH ROW WHEN (OLD.entry_id <> NEW.entry_id)
       EXECUTE FUNCTION ${update ?? `record_change('${subject}')`}`,
    ],
    [
      'zz_record_6_write_first',
      `AFTER UPDATE ON ${name} FOR EACH ROW WHEN (OLD.entry_id IS NULL AND NEW.entry_id IS NOT NULL)
       EXECUTE FUNCTION record_change('${subject}')`,
    ],
    ['zz_record_7_refuse', `BEFORE TRUNCATE ON ${name} FOR EACH STATEMENT EXECUTE FUNCTION record_refuse()`],
  ]);
}

/** @returns the condition of a trigger for a change of one of the columns */
export function changeWhen(columns: readonly string[]): string {
  return columns.map((column) => `OLD.${column} IS DISTINCT FROM NEW.${column}`).join(' OR ');
}

/** Creates `ALWAYS` triggers. @param triggers names and definitions */
export async function createTriggers(
  queryRunner: QueryRunner,
  table: string,
  triggers: readonly (readonly [name: string, definition: string])[],
): Promise<void> {
  for (const [trigger, definition] of triggers) {
    await queryRunner.query(`CREATE TRIGGER ${trigger} ${definition}`);
    await queryRunner.query(`ALTER TABLE ${table} ENABLE ALWAYS TRIGGER ${trigger}`);
  }
}

/** Undoes {@link recordTable}. */
export async function unrecordTable(queryRunner: QueryRunner, name: string): Promise<void> {
  const triggers = (await queryRunner.query(
    `SELECT tgname::text AS trigger FROM pg_trigger WHERE tgrelid = $1::regclass AND tgname LIKE 'zz\\_record\\_%'`,
    [name],
  )) as { trigger: string }[];
  for (const { trigger } of triggers) await queryRunner.query(`DROP TRIGGER ${trigger} ON ${name}`);
  await queryRunner.query(`ALTER TABLE ${name} DROP COLUMN IF EXISTS entry_id, DROP COLUMN IF EXISTS entry_at`);
}
