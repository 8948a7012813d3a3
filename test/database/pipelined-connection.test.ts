import type pg from 'pg';
import { PipelinedConnection } from '../../src/database/pipelined-connection.js';
import { PipelinedConnections } from '../../src/database/pipelined-connections.js';
import { poolOf } from '../../src/database/pool.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { isServer } from '../support/server.js';

/** A statement that takes this many seconds. */
const SLOW = 'SELECT pg_sleep($1::float)';
const NUMBER = 'SELECT $1::integer AS number';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const optionsWith = (timeouts: pg.PoolConfig): pg.PoolConfig => ({
  ...poolOf(database.dataSource).options,
  ...timeouts,
});

// The embedded database has no connection to share.
(isServer ? describe : describe.skip)('statements on a pipelined connection', () => {
  test('a statement that the server cancels fails alone', async () => {
    const connection = new PipelinedConnection(optionsWith({ statement_timeout: 200 }));
    const slow = connection.query(SLOW, [10]);
    const behind = [1, 2, 3].map((number) => connection.query(NUMBER, [number]));
    await expect(slow).rejects.toMatchObject({ code: '57014' });
    expect(await Promise.all(behind)).toEqual([[{ number: 1 }], [{ number: 2 }], [{ number: 3 }]]);
    await connection.close();
  });

  test('if the server stops responding, the slow statements fail and those behind them are sent again on another connection', async () => {
    const connections = new PipelinedConnections(optionsWith({ query_timeout: 500 }), 2);
    const slow = [10, 10].map((seconds) => connections.query(SLOW, [seconds]));
    const behind = [1, 2, 3, 4].map((number) => connections.query(NUMBER, [number]));
    const failed = await Promise.allSettled(slow);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await Promise.all(behind)).toEqual([1, 2, 3, 4].map((number) => [{ number }]));
    await connections.close();
  });

  test('a statement that only waits for others does not time out, however long they take in total', async () => {
    const connection = new PipelinedConnection(optionsWith({ query_timeout: 2000 }));
    const each = Array.from({ length: 4 }, () => connection.query(SLOW, [0.6]));
    await expect(Promise.all(each)).resolves.toHaveLength(4);
    await connection.close();
  });
});
