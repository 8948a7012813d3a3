import { inTransaction } from '../../src/database/transaction.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

const INSERT = `INSERT INTO medic (name, email, email_key) VALUES ('A', $1::text, $1)`;

test('a transaction that fails where it was to end stores nothing, and leaves its connection to others', async () => {
  const { dataSource } = database;
  const failed = inTransaction(dataSource, async (transaction) => {
    await transaction.query(INSERT, ['first@example.org']);
    return transaction.commitWith(() => {
      throw new Error('on purpose');
    });
  });
  await expect(failed).rejects.toThrow('on purpose');
  await inTransaction(dataSource, (transaction) => transaction.query(INSERT, ['second@example.org']));
  expect(await dataSource.query('SELECT email FROM medic')).toEqual([{ email: 'second@example.org' }]);
});
