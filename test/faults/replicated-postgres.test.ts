import pg from 'pg';
import { until } from '../support/until.js';
import type { OwnPostgres } from './own-postgres.js';
import { ReplicatedPostgres } from './replicated-postgres.js';

let postgres: ReplicatedPostgres;
beforeEach(async () => {
  postgres = await ReplicatedPostgres.start();
  await on(postgres.primary, 'CREATE TABLE note (text text)');
});
afterEach(() => postgres.remove());

async function on(server: OwnPostgres, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  return (await client.query<object>(sql).finally(() => client.end())).rows;
}

const write = (text: string) => on(postgres.primary, `INSERT INTO note VALUES ('${text}')`);
const onReplica = () => on(postgres.replica, 'SELECT text FROM note ORDER BY text');

test('the replica shows what is written on the primary, and accepts no writes', async () => {
  await write('a');
  await postgres.caughtUp();
  expect(await onReplica()).toEqual([{ text: 'a' }]);
  await expect(on(postgres.replica, 'DELETE FROM note')).rejects.toMatchObject({ code: '25006' });
});

test('a paused replica lags until it resumes', async () => {
  await postgres.caughtUp();
  await postgres.pauseReplay();
  await write('a');
  expect(await postgres.lag()).toBeGreaterThan(0);
  expect(await onReplica()).toEqual([]);
  await postgres.resumeReplay();
  await postgres.caughtUp();
  expect(await onReplica()).toEqual([{ text: 'a' }]);
});

test('a replica that was stopped catches up, and still reads while the primary is stopped', async () => {
  await postgres.caughtUp();
  await postgres.replica.crash();
  await write('a');
  await postgres.replica.start();
  await postgres.caughtUp();
  await postgres.primary.crash();
  expect(await onReplica()).toEqual([{ text: 'a' }]);
  await postgres.primary.start();
  await write('b');
  await until(async () => (await onReplica()).length === 2);
});
