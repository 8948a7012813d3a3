import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { DataSource } from 'typeorm';
import { postgresOptions } from '../../src/database/data-source-options.js';
import { Reads } from '../../src/database/reads.js';
import { POSITION } from '../../src/database/replica.js';
import { MembershipType } from '../../src/memberships/membership.entity.js';
import type { Actor } from '../support/actor.js';
import { HOSPITAL } from '../support/bodies.js';
import { figure } from '../support/figure.js';
import type { Given } from '../support/given.js';
import { useProcesses } from '../support/process.js';
import { until } from '../support/until.js';
import { by, keepAlive, send, type Reply } from './exchange.js';
import { ReplicatedPostgres } from './replicated-postgres.js';
import { givenOn } from './scratch.js';

const start = useProcesses();
const agent = keepAlive();

let servers: ReplicatedPostgres;
let primary: DataSource;
let given: Given;
beforeAll(async () => {
  servers = await ReplicatedPostgres.start();
  const env = { ...process.env, DATABASE_URL: servers.primary.url };
  await promisify(execFile)(process.execPath, ['dist/src/cli/main.js', 'migrate'], { env });
  primary = await new DataSource(postgresOptions(servers.primary.url)).initialize();
  given = givenOn(primary);
});
afterAll(async () => {
  agent.destroy();
  await primary.destroy();
  await servers.remove();
});

/** @returns the URL of the built program with these replicas, of which the last one exists */
async function service(...others: string[]): Promise<string> {
  const variables = {
    DATABASE_URL: servers.primary.url,
    DATABASE_REPLICA_URLS: [...others, servers.replica.url].join(','),
    RATE_LIMIT: '0',
  };
  const url = await start(variables).url();
  // The first list opens the connection to the replica without waiting for it.
  const medic = await given.medic();
  await listsOf(url, medic, 1);
  await until(async () => ((await listsOnReplica(url, medic, 5)) >= 5 ? true : undefined));
  return url;
}

const OWN = '/management/memberships/';

function listsOf(url: string, medic: Actor, count: number, path = OWN): Promise<Reply[]> {
  const list = () => send(url, by(medic, 'GET', path), agent);
  return Promise.all(Array.from({ length: count }, list));
}

/** Requests a list `count` times, and the caller's own once more. @returns the number of index scans on the replica's memberships */
async function listsOnReplica(url: string, medic: Actor, count: number, path = OWN): Promise<number> {
  const before = await servers.scansOfReplica();
  await listsOf(url, medic, count, path);
  // A PostgreSQL session reports its statistics with the first statement after a second.
  await sleep(1100);
  await listsOf(url, medic, 1);
  await sleep(100);
  return (await servers.scansOfReplica()) - before;
}

test('lists are read from the replica', async () => {
  const LISTS = 200;
  const url = await service();
  const { admin } = await given.hospital();
  await servers.caughtUp();
  expect(await listsOnReplica(url, admin, LISTS)).toBeGreaterThanOrEqual(LISTS);
  figure('lists, all read from the replica', LISTS);
});

test('lists that depend on a right, such as those of administered hospitals, are read from the primary', async () => {
  const LISTS = 50;
  const url = await service();
  const { admin } = await given.hospital();
  await servers.caughtUp();
  // The caller's own list adds a few scans.
  expect(await listsOnReplica(url, admin, LISTS, `${OWN}?managed=true`)).toBeLessThan(LISTS / 2);
  // The replica was not asked and found unfit either: it would be skipped for five seconds.
  expect(await listsOnReplica(url, admin, LISTS)).toBeGreaterThanOrEqual(LISTS);
  figure('lists with managed=true, none read from the replica', LISTS);
});

test('lists are read from the replica that is reachable if another one is not', async () => {
  const LISTS = 50;
  const url = await service('postgres://postgres@127.0.0.1:1/postgres');
  const { admin } = await given.hospital();
  await servers.caughtUp();
  expect(await listsOnReplica(url, admin, LISTS)).toBeGreaterThanOrEqual(LISTS);
});

test('while the primary writes without a pause, lists are never stale, and the replica serves some of them', async () => {
  const LISTS = 500;
  const reads = new Reads(primary, [servers.replica.url]);
  await primary.query('CREATE TABLE written (number integer)');
  let isOver = false;
  let number = 0;
  const writer = async () => {
    while (!isOver) await primary.query('INSERT INTO written VALUES ($1)', [(number += 1)]);
  };
  reads.onReplica({ id: 1, position: '00000001 0/0' });
  await sleep(1000);
  const writing = writer();
  let [byReplica, old] = [0, 0];
  for (let list = 0; list < LISTS; list += 1) {
    const [found] = await reads.query<{ position: string; number: number }>(
      `SELECT (SELECT max(number) FROM written) AS number, ${POSITION} AS position`,
    );
    const [row] = await reads
      .onReplica({ id: 1, position: found?.position ?? '' })
      .query<{ number: number; isReplica: boolean }>(
        'SELECT (SELECT max(number) FROM written) AS number, pg_is_in_recovery() AS "isReplica"',
      );
    if (row?.isReplica === true) byReplica += 1;
    if ((row?.number ?? 0) < (found?.number ?? 0)) old += 1;
  }
  isOver = true;
  await writing;
  await reads.onApplicationShutdown();
  await primary.query('DROP TABLE written');
  expect(old).toBe(0);
  figure('writes that were stored while lists were read', number);
  figure('of these lists, older than the position they had to reach', old);
  figure('percent of these lists that the replica answered', Math.round((100 * byReplica) / LISTS));
});

test.each(['on', 'off'])(
  'with synchronous_commit=%s a caller reads its own writes, however far the replica lags',
  async (commit) => {
    const WRITES = 200;
    await primary.query(`ALTER ROLE postgres SET synchronous_commit = ${commit}`);
    const url = await service();
    const medic = await given.medic();
    let missed = 0;
    for (let write = 1; write <= WRITES; write += 1) {
      if (write === WRITES / 2) await servers.pauseReplay();
      await send(url, by(medic, 'POST', '/hospital/', HOSPITAL), agent);
      const { text } = await send(url, by(medic, 'GET', '/hospital/'), agent);
      if ((JSON.parse(text) as { count: number }).count !== write) missed += 1;
    }
    await servers.resumeReplay();
    await primary.query('ALTER ROLE postgres RESET synchronous_commit');
    expect(missed).toBe(0);
    figure('writes, each read by the next request, half of them with a replica that stands still', WRITES);
    figure('of them missed', missed);
  },
);

test('a right that is removed is gone at once, however far the replica lags', async () => {
  const RIGHTS = 25;
  const url = await service();
  let late = 0;
  await servers.caughtUp();
  for (let right = 0; right < RIGHTS; right += 1) {
    const { hospital, admin } = await given.hospital();
    const second = await given.medic();
    const id = await given.membership(second, hospital, { type: MembershipType.ADMIN, isActive: true });
    await servers.caughtUp();
    await servers.pauseReplay();
    const removed = await send(url, by(admin, 'DELETE', `/management/memberships/${String(id)}`), agent);
    expect(removed.status).toBe(201);
    const list = await send(url, by(second, 'GET', `/memberships/${String(hospital)}`), agent);
    const own = await send(url, by(second, 'GET', '/management/memberships/'), agent);
    if (list.status !== 401 || (JSON.parse(own.text) as { count: number }).count !== 0) late += 1;
    await servers.resumeReplay();
  }
  expect(late).toBe(0);
  figure('rights taken away while the replica stands still', RIGHTS);
  figure('of them granted once more', late);
});

test('a primary listed as a replica is used for no list after one check, and the log says so once', async () => {
  const LISTS = 50;
  const { url: both } = servers.primary;
  const server = start({ DATABASE_URL: both, DATABASE_REPLICA_URLS: both, RATE_LIMIT: '0' });
  const url = await server.url();
  const medic = await given.medic();
  await listsOf(url, medic, LISTS);
  await server.printed(/is a primary, so it is not read from/);
  const sessions = () =>
    primary.query<{ pid: number }[]>(
      `SELECT pid FROM pg_stat_activity WHERE application_name = 'hospital-memberships' AND query LIKE '%isOnTimeline%' AND pid <> pg_backend_pid()`,
    );
  expect((await listsOf(url, medic, LISTS)).map(({ status }) => status)).toEqual(Array(LISTS).fill(200));
  expect(await sessions()).toEqual([]);
  expect(server.output.match(/is a primary, so it is not read from/g)).toHaveLength(1);
});

test('a replica that stops fails no request, and is used again when it is back', async () => {
  const url = await service();
  const { admin } = await given.hospital();
  const statuses: number[] = [];
  let isOver = false;
  const load = Array.from({ length: 4 }, async () => {
    while (!isOver) statuses.push(...(await listsOf(url, admin, 1)).map(({ status }) => status));
  });
  await sleep(500);
  await servers.replica.crash();
  await sleep(2000);
  await servers.replica.start();
  await until(async () => ((await listsOnReplica(url, admin, 5)) >= 5 ? true : undefined));
  isOver = true;
  await Promise.all(load);
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
  figure('lists granted while the replica was stopped and started again', statuses.length);
  figure('lists refused or lost meanwhile', 0);
});

test('a replica that stops responding fails no request, and is used again when it responds', async () => {
  const LISTS = 20;
  const url = await service();
  const { admin } = await given.hospital();
  await servers.caughtUp();
  const pid = await until(async () => {
    const sessions = await servers.onReplica<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE application_name = 'hospital-memberships' AND pid <> pg_backend_pid()`,
    );
    return sessions.length === 1 ? sessions[0]?.pid : undefined;
  });
  process.kill(pid, 'SIGSTOP');
  const replies = await listsOf(url, admin, LISTS).finally(() => process.kill(pid, 'SIGCONT'));
  expect(replies.map(({ status }) => status)).toEqual(Array(LISTS).fill(200));
  await until(async () => ((await listsOnReplica(url, admin, 5)) >= 5 ? true : undefined));
  figure('lists granted while the replica was silent', LISTS);
});

// Runs last, because a promoted server no longer follows the primary.
test('a promoted replica is not read anymore', async () => {
  const url = await service();
  const { hospital, admin } = await given.hospital();
  await servers.caughtUp();
  await servers.onReplica('SELECT pg_promote()');
  await servers.onReplica('UPDATE hospital SET name = $2 WHERE id = $1', [hospital, 'Of the promoted']);
  for (let list = 0; list < 10; list += 1) {
    const { text } = await send(url, by(admin, 'GET', '/hospital/'), agent);
    expect(JSON.parse(text)).toMatchObject({ count: 1, results: [{ name: 'Hospital' }] });
  }
});
