import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { generateKey } from '../../src/auth/token-key.js';
import { postgresOptions } from '../../src/database/data-source-options.js';
import { MembershipType } from '../../src/memberships/membership.entity.js';
import type { Actor } from '../support/actor.js';
import { HOSPITAL } from '../support/bodies.js';
import { run } from '../support/cli.js';
import { figure } from '../support/figure.js';
import type { Given } from '../support/given.js';
import { PgBouncer } from '../support/pgbouncer.js';
import { useProcesses } from '../support/process.js';
import { until } from '../support/until.js';
import { by, keepAlive, send } from './exchange.js';
import { ReplicatedPostgres } from './replicated-postgres.js';
import { givenOn } from './scratch.js';

const start = useProcesses();
const agent = keepAlive();

let servers: ReplicatedPostgres;
beforeEach(async () => {
  servers = await ReplicatedPostgres.start();
  const env = { ...process.env, DATABASE_URL: servers.primary.url };
  await promisify(execFile)(process.execPath, ['dist/src/cli/main.js', 'migrate'], { env });
});
afterEach(() => servers.remove());
afterAll(() => {
  agent.destroy();
});

/** Stores rows over connections of its own. */
async function prepare<T>(work: (given: Given) => Promise<T>): Promise<T> {
  const dataSource = await new DataSource(postgresOptions(servers.primary.url)).initialize();
  return work(givenOn(dataSource)).finally(() => dataSource.destroy());
}

async function query(url: string, sql: string, values: unknown[] = []): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql, values).finally(() => client.end());
}

/** A medic whose right was removed on the primary after the standby stopped following. */
async function removedRight() {
  const scene = await prepare(async (given) => {
    const { hospital, admin } = await given.hospital();
    const former = await given.medic();
    const id = await given.membership(former, hospital, { type: MembershipType.ADMIN, isActive: true });
    return { hospital, admin, former, id };
  });
  await servers.caughtUp();
  await servers.replica.crash();
  await query(servers.primary.url, 'UPDATE membership SET is_deleted = true, is_active = false WHERE id = $1', [
    scene.id,
  ]);
  await servers.primary.crash();
  return scene;
}

/** Reads all that a key or a right allows. @returns the statuses */
async function readings(url: string, medic: Actor, hospital: number): Promise<number[]> {
  const paths = [
    `/memberships/${String(hospital)}`,
    `/hospital/${String(hospital)}`,
    '/management/memberships/',
    '/locations/',
  ];
  const replies = await Promise.all(paths.map((path) => send(url, by(medic, 'GET', path), agent)));
  return replies.map(({ status }) => status);
}

test('neither a process nor a command starts on a standby', async () => {
  const server = start({ DATABASE_URL: servers.replica.url });
  expect(await server.ended).toEqual({ code: 1 });
  expect(server.errors).toMatch(/^The PostgreSQL of DATABASE_URL is a standby[^\n]+\.\n$/);
  const { code, err } = await run({ DATABASE_URL: servers.replica.url }, 'migrate');
  expect([code, err]).toEqual([1, expect.stringMatching(/^The PostgreSQL of DATABASE_URL is a standby[^\n]+\.\n$/)]);
});

test('a standby in place of the primary grants nothing, neither a removed right nor a key', async () => {
  const { hospital, former, admin } = await removedRight();
  await servers.primary.start();
  const url = await start({ DATABASE_URL: servers.primary.url, RATE_LIMIT: '0' }).url();
  expect(await readings(url, former, hospital)).toEqual([401, 404, 200, 200]);
  await servers.primary.crash();
  servers.replica.takePortOf(servers.primary);
  await servers.replica.start();
  await until(async () => (await fetch(`${url}/health/live`)).ok);
  const statuses: number[] = [];
  for (let turn = 0; turn < 25; turn += 1) {
    for (const medic of [former, admin]) statuses.push(...(await readings(url, medic, hospital)));
    statuses.push((await send(url, by(admin, 'POST', '/hospital/', HOSPITAL), agent)).status);
    expect((await fetch(`${url}/health/ready`)).status).toBe(503);
  }
  expect(statuses.filter((status) => status !== 503)).toEqual([]);
  figure('requests refused by a process whose primary was replaced by a standby', statuses.length);
  figure('of them granted', 0);
  await query(servers.replica.url, 'SELECT pg_promote()');
  await until(async () => (await readings(url, admin, hospital)).every((status) => status === 200));
});

test('behind a pooler that switched to a standby every key is a 503, never a 200 or a 401', async () => {
  const { hospital, former, admin } = await removedRight();
  await servers.primary.start();
  const pooler = await PgBouncer.start(new URL(servers.primary.url));
  const url = await start({ DATABASE_URL: pooler.url, RATE_LIMIT: '0' }).url();
  expect(await readings(url, admin, hospital)).toEqual([200, 200, 200, 200]);
  await servers.primary.crash();
  servers.replica.takePortOf(servers.primary);
  await servers.replica.start();
  const unknown = { ...admin, token: generateKey() } as Actor;
  const statuses: number[] = [];
  for (let turn = 0; turn < 25; turn += 1) {
    for (const medic of [former, admin, unknown]) statuses.push(...(await readings(url, medic, hospital)));
    expect((await fetch(`${url}/health/ready`)).status).toBe(503);
  }
  await pooler.stop();
  expect(statuses.filter((status) => status !== 503)).toEqual([]);
});

test('a primary that is set to read-only is not ready', async () => {
  const url = await start({ DATABASE_URL: servers.primary.url }).url();
  await until(async () => (await fetch(`${url}/health/ready`)).ok);
  await query(servers.primary.url, 'ALTER SYSTEM SET default_transaction_read_only = on');
  await query(servers.primary.url, 'SELECT pg_reload_conf()');
  await until(async () => (await fetch(`${url}/health/ready`)).status === 503);
});

test('a former primary that follows without a rewind shows none of its diverged rows', async () => {
  const LISTS = 60;
  const { admin, hospital } = await prepare((given) => given.hospital());
  await servers.caughtUp();
  const [former, present] = [servers.primary, servers.replica];
  await query(present.url, 'SELECT pg_promote()');
  await query(former.url, 'UPDATE hospital SET name = $1', ['Of the former primary']);
  await query(former.url, 'CREATE TABLE ahead AS SELECT generate_series(1, 100000)');
  await former.crash();
  await former.demote(present);
  await former.start();
  const variables = { DATABASE_URL: present.url, DATABASE_REPLICA_URLS: former.url, RATE_LIMIT: '0' };
  const server = start(variables);
  const url = await server.url();
  const names = new Set<unknown>();
  const list = async () => {
    const { text } = await send(url, by(admin, 'GET', '/hospital/'), agent);
    const { results } = JSON.parse(text) as { results: { id: number; name: string }[] };
    for (const { id, name } of results) if (id === hospital) names.add(name);
  };
  await list();
  await server.printed(/reading from a replica/);
  for (let turn = 0; turn < LISTS; turn += 1) await list();
  expect(names).toEqual(new Set(['Hospital']));
  await server.printed(/on another timeline/);
  figure('lists while a former primary that was not rewound is ahead', LISTS);
});
