import type pg from 'pg';
import type { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { isServer } from '../support/server.js';
import { until } from '../support/until.js';
import { allEntries, expectSound } from './entries.js';

let database: TestDatabase;
let dataSource: DataSource;
const clients: pg.Client[] = [];
beforeEach(async () => {
  database = await createTestDatabase();
  dataSource = database.dataSource;
  await dataSource.query(
    `INSERT INTO medic (name, email, email_key) SELECT 'M', n::text, n::text FROM generate_series(1, 30) n`,
  );
});
afterEach(async () => {
  await expectSound(dataSource);
  for (const client of clients.splice(0)) await client.end();
  await database.drop();
});

async function connect(): Promise<pg.Client> {
  const client = await database.connect();
  clients.push(client);
  return client;
}

const sequence = async (batch = 1000) =>
  (await dataSource.query<[{ moved: number }]>('SELECT record_sequence($1) AS moved', [batch]))[0].moved;
const isBehind = async () =>
  (await dataSource.query<[{ behind: boolean }]>('SELECT record_is_behind() AS behind'))[0].behind;
const gaps = async () =>
  (await dataSource.query<[{ gaps: string }]>('SELECT (gaps + old_gaps)::text AS gaps FROM record_head'))[0].gaps;
/** A gap is forgotten by a later call, once no transaction of the server is older than the call that found it. */
const expectNoGaps = () =>
  until(async () => {
    await dataSource.query(toggle(20));
    await sequence();
    return (await gaps()) === '{}';
  });
const toggle = (medic: number) => `UPDATE medic SET is_active = NOT is_active WHERE id = ${String(medic)}`;

test('a batch is bounded, and says whether more waits', async () => {
  expect(await isBehind()).toBe(true);
  expect([await sequence(20), await isBehind(), await sequence(20), await isBehind()]).toEqual([20, true, 10, false]);
  expect(await sequence()).toBe(0);
});

test('record_sequence refuses to run in a transaction that has written', async () => {
  const work = dataSource.transaction(async (manager) => {
    await manager.query(toggle(1));
    await manager.query('SELECT record_sequence()');
  });
  await expect(work).rejects.toMatchObject({ code: '25001' });
});

test('numbers of transactions that rolled back are forgotten, however many', async () => {
  for (let number = 0; number < 5; number += 1) {
    await dataSource
      .transaction(async (manager) => {
        await manager.query('UPDATE medic SET is_active = NOT is_active');
        throw new Error('roll back');
      })
      .catch(() => undefined);
    await dataSource.query(toggle(1));
    await sequence();
  }
  await expectNoGaps();
});

test('an entry is never dated more than 15 seconds before it got its position, and later ones never before it', async () => {
  await sequence();
  await dataSource.query(`UPDATE record_head SET clock = clock + interval '1 hour'`);
  await dataSource.query(toggle(1));
  await sequence();
  const [lag] = await dataSource.query<[{ lag: number }]>(
    `SELECT extract(epoch FROM h.clock - e.at)::float8 AS lag FROM record_head h JOIN record_entry e ON e.position = h.position`,
  );
  expect(lag.lag).toBeGreaterThan(14.9);
  expect(lag.lag).toBeLessThan(15);
  // The clock has gone back by an hour now.
  await dataSource.query(toggle(1));
});

test('the time of a row never goes back, even if the clock does', async () => {
  await sequence();
  await dataSource.transaction(async (manager) => {
    await manager.query('ALTER TABLE medic DISABLE TRIGGER zz_record_2_keep');
    await manager.query(`UPDATE medic SET entry_at = now() + interval '1 hour' WHERE id = 1`);
    await manager.query('ALTER TABLE medic ENABLE ALWAYS TRIGGER zz_record_2_keep');
  });
  const [before] = await dataSource.query<[{ at: string }]>('SELECT entry_at::text AS at FROM medic WHERE id = 1');
  await dataSource.query(toggle(1));
  await sequence();
  expect(await dataSource.query('SELECT entry_at::text AS at FROM medic WHERE id = 1')).toEqual([before]);
  expect(await dataSource.query('SELECT at::text FROM record_entry ORDER BY position DESC LIMIT 1')).toEqual([before]);
});

const describeOnServer = isServer ? describe : describe.skip;

describeOnServer('with several connections', () => {
  test('a transaction that stays open delays no later change, and its own comes after its commit', async () => {
    await sequence();
    const open = await connect();
    await open.query(`BEGIN; ${toggle(1)}`);
    for (const medic of [2, 3, 2]) {
      await dataSource.query(toggle(medic));
      expect([await sequence(), await isBehind()]).toEqual([1, false]);
    }
    expect(await gaps()).not.toBe('{}');
    await open.query('COMMIT');
    expect([await isBehind(), await sequence(), await isBehind()]).toEqual([true, 1, false]);
    const entries = await allEntries(dataSource);
    expect(entries.slice(-4).map(({ medic }) => medic)).toEqual([2, 3, 2, 1]);
  });

  test('of many open transactions none is skipped, whatever order they commit in and however often gaps are examined', async () => {
    await sequence();
    const open: pg.Client[] = [];
    for (let medic = 1; medic <= 12; medic += 1) {
      const client = await connect();
      await client.query(`BEGIN; ${toggle(medic)}`);
      open.push(client);
      await dataSource.query(toggle(20));
      await sequence();
      await sequence();
    }
    for (const index of [5, 11, 0, 7, 3, 1, 10, 2, 9, 4, 8, 6]) {
      const medic = index + 1;
      await open[index]?.query(medic % 4 === 0 ? 'ROLLBACK' : 'COMMIT');
      await dataSource.query(toggle(21));
      expect(await sequence()).toBe(medic % 4 === 0 ? 1 : 2);
    }
    await expectNoGaps();
  });

  test('changes of one row by transactions that wait for each other keep their order', async () => {
    await sequence();
    const [first, second] = [await connect(), await connect()];
    await first.query(`BEGIN; ${toggle(1)}`);
    const waiting = second.query(toggle(1));
    await dataSource.query(toggle(2));
    await sequence();
    await first.query('COMMIT');
    await waiting;
    expect(await sequence()).toBe(2);
  });

  test('24 writers on few rows and sequencers in several processes leave positions without gaps', async () => {
    const writers = await Promise.all(Array.from({ length: 24 }, () => connect()));
    const sequencers = await Promise.all(Array.from({ length: 3 }, () => connect()));
    let isWriting = true;
    const sequencing = sequencers.map(async (client) => {
      while (isWriting) await client.query('SELECT record_sequence(7)');
    });
    await Promise.all(
      writers.map(async (client, index) => {
        for (let number = 0; number < 15; number += 1) {
          if (number % 5 === 4) await client.query(`BEGIN; ${toggle((index % 4) + 1)}; ROLLBACK`);
          else await client.query(toggle((index % 4) + 1));
        }
      }),
    );
    isWriting = false;
    await Promise.all(sequencing);
    expect(await allEntries(dataSource)).toHaveLength(30 + 24 * 12);
  });

  test('a writer does not wait for a call of record_sequence, nor the other way round', async () => {
    const [writer, sequencer] = [await connect(), await connect()];
    await writer.query(`BEGIN; ${toggle(1)}`);
    await sequencer.query('BEGIN; SELECT record_sequence()');
    await writer.query(`${toggle(2)}; COMMIT`);
    await sequencer.query('COMMIT');
  });

  test('dead rows that an old snapshot keeps are not read again', async () => {
    const dump = await connect();
    await dump.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM medic');
    for (let number = 0; number < 200; number += 1) {
      await dataSource.query('UPDATE medic SET is_active = NOT is_active');
      await sequence();
    }
    // Even a vacuum keeps them.
    await dataSource.query('VACUUM ANALYZE record_inbox');
    const client = await connect();
    const readsOf = async (sql: string) => {
      const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(
        `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${sql}`,
      );
      return rows[0]?.['QUERY PLAN'][0].Plan['Shared Hit Blocks'] ?? 0;
    };
    const pages = (await client.query<{ pages: number }>(`SELECT pg_relation_size('record_inbox') / 8192 AS pages`))
      .rows;
    expect(Number(pages[0]?.pages)).toBeGreaterThan(100);
    // The first calls of a session also read the catalogue.
    for (let number = 0; number < 6; number += 1) {
      await dataSource.query(toggle(1));
      await client.query('SELECT record_is_behind(), record_sequence()');
    }
    expect(await readsOf('SELECT record_is_behind()')).toBeLessThan(50);
    await dataSource.query(toggle(1));
    expect(await readsOf('SELECT record_sequence()')).toBeLessThan(90);
  });
});
