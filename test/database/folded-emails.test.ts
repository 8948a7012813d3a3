import { migrate } from '../../src/database/schema.js';
import { sentenceOf } from '../../src/server/start-failure.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
  await undo();
});
afterEach(() => database.drop());

/** Undoes the migration, and those after it. */
async function undo(): Promise<void> {
  const ran = async () => database.dataSource.query<unknown[]>(`SELECT FROM migration WHERE name LIKE 'FoldedEmails%'`);
  while ((await ran()).length > 0) await database.dataSource.undoLastMigration();
}

/** Stores medics as the service did before it folded emails, with ids from 1 on. */
async function store(...emails: string[]): Promise<void> {
  for (const email of emails)
    await database.dataSource.query(`INSERT INTO medic (name, email, email_key) VALUES ('Medic', $1, $2)`, [
      email,
      email.toUpperCase().toLowerCase(),
    ]);
}

async function keys(): Promise<string[]> {
  const rows = await database.dataSource.query<{ key: string }[]>('SELECT email_key AS key FROM medic ORDER BY id');
  return rows.map(({ key }) => key);
}

describe('the migration to folded emails', () => {
  test('the migration to folded emails recomputes every key, and can be undone', async () => {
    await store('Straße@example.org', 'Ana@Example.org', 'ΑΣ@example.org', 'ı@example.org', 'ﬁ@example.org');
    const before = await keys();
    await migrate(database.dataSource);
    expect(await keys()).toEqual([
      'straße@example.org',
      'ana@example.org',
      'ασ@example.org',
      'ı@example.org',
      'ﬁ@example.org',
    ]);
    await undo();
    expect(await keys()).toEqual(before);
  });

  test('the migration to folded emails changes nothing if emails collide, and names the medics without their emails', async () => {
    await store('straße@example.org', 'a@example.org', 'STRAẞE@example.org', 'ẞ@example.org', 'ß@example.org');
    const before = await keys();
    const failure: unknown = await migrate(database.dataSource).catch((error: unknown) => error);
    const sentence = sentenceOf(failure);
    expect(sentence).toContain('differ only by letter case, so that no two of them may keep theirs: 1 and 3; 4 and 5.');
    expect(sentence).toContain('run the migration again');
    expect(sentence).not.toMatch(/stra|ß/i);
    expect(await keys()).toEqual(before);

    await database.dataSource.query(
      `UPDATE medic SET email = concat(id, '@example.net'), email_key = concat(id, '@example.net') WHERE id IN (3, 4)`,
    );
    await migrate(database.dataSource);
    expect(await keys()).toEqual([
      'straße@example.org',
      'a@example.org',
      '3@example.net',
      '4@example.net',
      'ß@example.org',
    ]);
  });
});
