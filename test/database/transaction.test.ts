import { OPERATOR } from '../../src/database/actor.js';
import type { SessionClient } from '../../src/database/session-client.js';
import { inTransaction, Transaction } from '../../src/database/transaction.js';
import { Medic } from '../../src/medics/medic.entity.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

const INSERT = `INSERT INTO medic (name, email, email_key) VALUES ('A', $1::text, $1)`;

test('a transaction that fails at COMMIT stores nothing, and releases its connection', async () => {
  const { dataSource } = database;
  const failed = inTransaction(dataSource, OPERATOR, async (transaction) => {
    await transaction.query(INSERT, ['first@example.org']);
    return transaction.commitWith(() => {
      throw new Error('on purpose');
    });
  });
  await expect(failed).rejects.toThrow('on purpose');
  await inTransaction(dataSource, OPERATOR, (transaction) => transaction.query(INSERT, ['second@example.org']));
  expect(await dataSource.query('SELECT email FROM medic')).toEqual([{ email: 'second@example.org' }]);
});

test('work that throws before BEGIN has failed leaves no rejection unhandled', async () => {
  const runner = database.dataSource.createQueryRunner();
  const client = (await runner.connect()) as SessionClient;
  // Nothing can be sent anymore.
  await client.end();
  const failed = new Transaction(runner, client, OPERATOR).run(() => {
    throw new Error('on purpose');
  });
  await expect(failed).rejects.toThrow('on purpose');
  // Node reports an unhandled rejection after a turn, and Vitest then fails the test.
  await new Promise(setImmediate);
  await runner.release();
});

describe('a statement after the end of its transaction', () => {
  const AFTER = /The transaction has ended/;
  const emails = () => database.dataSource.query('SELECT email FROM medic ORDER BY email');
  const insert = (transaction: Transaction, name: string) => transaction.query(INSERT, [`${name}@example.org`]);

  test.each([
    ['COMMIT', (transaction: Transaction) => transaction.commitWith(() => insert(transaction, 'first')), 1],
    ['the end of its work', (transaction: Transaction) => insert(transaction, 'first'), 1],
    ['ROLLBACK', (transaction: Transaction) => insert(transaction, 'first').then(() => Promise.reject(new Error())), 0],
  ])('a statement after %s is refused and stores nothing', async (_, work, stored) => {
    let transaction: Transaction | undefined;
    await inTransaction(database.dataSource, OPERATOR, (own) => work((transaction = own))).catch(() => undefined);
    await expect(insert(transaction as unknown as Transaction, 'late')).rejects.toThrow(AFTER);
    expect(() => (transaction as unknown as Transaction).manager).toThrow();
    expect(await emails()).toEqual([{ email: 'first@example.org' }].slice(0, stored));
  });

  test('a statement sent after COMMIT is refused even before COMMIT has finished', async () => {
    const late = inTransaction(database.dataSource, OPERATOR, (transaction) =>
      transaction.commitWith(async () => {
        await insert(transaction, 'first');
        await insert(transaction, 'late');
      }),
    );
    await expect(late).rejects.toThrow(AFTER);
    expect(await emails()).toEqual([{ email: 'first@example.org' }]);
  });
});

describe('an entity statement', () => {
  const builderOf = (transaction: Transaction) =>
    transaction
      .createQueryBuilder(Medic, 'medic')
      .insert()
      .values({ name: 'A', email: 'a@example.org', emailKey: 'a@example.org' })
      .returning('id');

  test('a built statement may be the last one before COMMIT', async () => {
    const { dataSource } = database;
    const rows = await inTransaction(dataSource, OPERATOR, (transaction) =>
      transaction.commitWith(() => transaction.execute(builderOf(transaction))),
    );
    expect(rows).toEqual([{ id: 1 }]);
    expect(await dataSource.manager.countBy(Medic, { id: 1 })).toBe(1);
  });

  test('a builder or manager that sends after COMMIT is refused and stores nothing', async () => {
    const { dataSource } = database;
    const attempts: ((transaction: Transaction) => Promise<unknown>)[] = [
      (transaction) => builderOf(transaction).execute(),
      ({ manager }) => manager.delete(Medic, {}),
    ];
    for (const late of attempts) {
      const work = inTransaction(dataSource, OPERATOR, (transaction) =>
        transaction.commitWith(() => late(transaction)),
      );
      await expect(work).rejects.toThrow(/The transaction (has ended|is ending)/);
    }
    expect(await dataSource.manager.count(Medic)).toBe(0);
  });

  test('an entity that is locked and saved by the manager is rolled back with its transaction', async () => {
    const { dataSource } = database;
    await dataSource.query(INSERT, ['a@example.org']);
    const work = inTransaction(dataSource, OPERATOR, async ({ manager }) => {
      const medic = await manager.findOneOrFail(Medic, { where: { name: 'A' }, lock: { mode: 'for_no_key_update' } });
      await manager.save(Object.assign(medic, { name: 'B' }));
      throw new Error('on purpose');
    });
    await expect(work).rejects.toThrow('on purpose');
    expect(await dataSource.manager.countBy(Medic, { name: 'A' })).toBe(1);
  });
});
