import type { DataSource } from 'typeorm';

const TABLES = ['record_entry', 'record_tile', 'record_head', 'membership'];

/** Copies the record and the memberships, for {@link putBack}. */
export async function keep(dataSource: DataSource): Promise<void> {
  await dataSource.query('SELECT record_sequence(100000)');
  for (const table of TABLES) await dataSource.query(`CREATE TABLE kept_${table} AS TABLE ${table}`);
}

/** Restores what {@link keep} has copied, after a test has tampered with it. */
export async function putBack(dataSource: DataSource): Promise<void> {
  await withoutTriggers(dataSource, async () => {
    for (const table of TABLES) {
      await dataSource.query(`TRUNCATE ${table}`);
      const overriding = table === 'membership' ? 'OVERRIDING SYSTEM VALUE' : '';
      await dataSource.query(`INSERT INTO ${table} ${overriding} SELECT * FROM kept_${table}`);
    }
  });
}

/** Does what only a superuser or the owner can: changes memberships behind the back of the record. */
export async function withoutTriggers(dataSource: DataSource, work: () => Promise<unknown>): Promise<void> {
  await dataSource.query('ALTER TABLE membership DISABLE TRIGGER USER');
  await work();
  await dataSource.query('ALTER TABLE membership ENABLE TRIGGER USER');
  const always = await dataSource.query<{ name: string }[]>(
    `SELECT tgname AS name FROM pg_trigger WHERE tgrelid = 'membership'::regclass AND tgname LIKE 'zz_record%'`,
  );
  for (const { name } of always) await dataSource.query(`ALTER TABLE membership ENABLE ALWAYS TRIGGER ${name}`);
}
