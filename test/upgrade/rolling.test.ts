import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { postgresOptions } from '../../src/database/data-source-options.js';
import { Balancer } from '../faults/balancer.js';
import { EACH_ITS_OWN, send } from '../faults/exchange.js';
import { OwnPostgres } from '../faults/own-postgres.js';
import { Scratch } from '../faults/scratch.js';
import { HOSPITAL, medicBody } from '../support/bodies.js';
import { API } from '../support/client.js';
import { figure } from '../support/figure.js';
import { useProcesses, type ServerProcess } from '../support/process.js';
import { until } from '../support/until.js';
import { Load } from './load.js';
import { MixedLoad, requireSeamless } from './mixed.js';
import { build, previousRelease } from './release.js';

/** This build, as opposed to the folder of the previous release. */
const THIS = '.';
/** Rows that the migration has to change under load. */
const CROWD = 5_000;
/** Medics who join the hospital and leave it during the load. */
const MEMBERS = 4;
/** Requests that must succeed between two steps. */
const ENOUGH = 100;
/** How often a command is tried. */
const ATTEMPTS = 5;

const start = useProcesses();
const release = previousRelease();
const cannot = typeof release === 'string' ? release : undefined;
if (cannot !== undefined) process.stdout.write(`Skipped, because ${cannot}.\n`);

let postgres: OwnPostgres;
/** In front of all processes, and of those of each release. */
const balancers = { all: new Balancer(), old: new Balancer(), new: new Balancer() };
beforeAll(async () => {
  postgres = await OwnPostgres.create();
  await postgres.start();
  const passwords = { OWNER_PASSWORD: 'owner', SERVER_PASSWORD: 'server' };
  const { hostname, port } = new URL(postgres.url);
  const env = { ...process.env, ...passwords, POSTGRES_USER: 'postgres', PGHOST: hostname, PGPORT: port };
  await promisify(execFile)('/bin/sh', ['deploy/roles.sh'], { env });
});
afterAll(async () => {
  for (const balancer of Object.values(balancers)) await balancer.stop();
  await postgres.remove();
});

function urlOf(role: 'owner' | 'server'): string {
  const url = new URL(postgres.url);
  url.username = `memberships_${role}`;
  url.pathname = '/memberships';
  return url.href;
}

/** @returns the rows of a statement of the schema's owner */
async function query<T extends object>(sql: string, values: unknown[] = []): Promise<T[]> {
  const client = new pg.Client(urlOf('owner'));
  await client.connect();
  return client
    .query<T>(sql, values)
    .then(({ rows }) => rows)
    .finally(() => client.end());
}

/** Runs a command of a build, five times at most, as compose.yaml does. @returns its output */
async function command(folder: string, role: 'owner' | 'server', ...args: string[]): Promise<string> {
  const { PATH = '' } = process.env;
  const options = { cwd: folder, env: { PATH, DATABASE_URL: urlOf(role) } };
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { stdout } = await promisify(execFile)(process.execPath, ['dist/src/cli/main.js', ...args], options);
      return stdout.trim();
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

/** A process of a build, and its balancers. */
interface Serving {
  readonly server: ServerProcess;
  readonly url: string;
  readonly behind: readonly Balancer[];
}

/** Starts a process of a build, and lets its balancers use it once it is ready. */
async function serve(folder: string): Promise<Serving> {
  const server = start({ DATABASE_URL: urlOf('server'), RATE_LIMIT: '0', CREATE_LIMIT: '0' }, { folder });
  const url = await server.url();
  const behind = [balancers.all, folder === THIS ? balancers.new : balancers.old];
  for (const balancer of behind) balancer.add(url);
  await until(() => behind.every((balancer) => balancer.isReady(url)));
  return { server, url, behind };
}

async function end({ server, url, behind }: Serving): Promise<void> {
  expect(await server.stop('SIGTERM')).toEqual({ code: 0 });
  for (const balancer of behind) balancer.remove(url);
}

/** Starts the clients that need both releases. */
async function mix(urls: Record<'old' | 'new', string>): Promise<MixedLoad> {
  const scratch = new Scratch(start);
  const dataSource = await new DataSource(postgresOptions(urlOf('owner'))).initialize();
  onTestFinished(() => dataSource.destroy());
  scratch.adopt(dataSource, urlOf('owner'));
  return MixedLoad.start(urls, scratch, await headOfRecord());
}

async function headOfRecord(): Promise<number> {
  const [row] = await query<{ head: number }>('SELECT COALESCE(max(position), 0)::integer AS head FROM record_entry');
  return row?.head ?? 0;
}

/** Waits until both readers of the feed have what is in the record now. */
async function caughtUp({ followers }: MixedLoad): Promise<void> {
  const head = await headOfRecord();
  await until(() => followers.every(({ positions }) => (positions.at(-1) ?? 0) >= head));
}

/** Stores a hospital and medics with the previous release. @returns what {@link Load} needs */
async function settle(folder: string, url: string) {
  const admin = await command(folder, 'server', 'medic', 'create', '--name', 'A', '--email', 'a@example.org');
  const post = async (path: string, body: object) => {
    const reply = await send(url, { method: 'POST', path: API + path, token: admin, body }, EACH_ITS_OWN);
    expect(reply.status).toBe(201);
    return JSON.parse(reply.text) as { id: number; token: string };
  };
  const { id: hospital } = await post('/hospital/', HOSPITAL);
  const { token: key } = await post('/medics/', medicBody());
  const members = [];
  for (let member = 0; member < MEMBERS; member += 1) members.push((await post('/medics/', medicBody())).id);
  await query(
    `WITH crowded AS (INSERT INTO hospital (name, patron, location, contact) VALUES ('H', 'P', 'L', '8') RETURNING id),
       added AS (INSERT INTO medic (name, email, email_key)
         SELECT 'M', email, email FROM generate_series(1, $1::integer) n, concat('crowd.', n, '@example.org') email
         RETURNING id)
     INSERT INTO membership (medic_id, hospital_id, type, is_active)
     SELECT added.id, crowded.id, 'MEMBER', true FROM added, crowded`,
    [CROWD],
  );
  return { admin, hospital, key, members };
}

/** Everything that was acknowledged is stored, and the record leads to the tables. */
async function requireStored({ acknowledged }: Load): Promise<void> {
  const { hospitals, medics, memberships, revoked } = acknowledged;
  expect([hospitals, medics, [...memberships], revoked].every(({ length }) => length > 0)).toBe(true);
  const names = await query<{ name: string }>("SELECT name FROM hospital WHERE name LIKE 'Hospital %' ORDER BY id");
  expect(names.map(({ name }) => name)).toEqual(hospitals);
  const emails = await query<{ email: string }>('SELECT email FROM medic WHERE email = ANY ($1) ORDER BY id', [medics]);
  expect(emails.map(({ email }) => email)).toEqual(medics);
  const rows = await query<{ id: number; type: string; is_deleted: boolean }>(
    'SELECT id, type, is_deleted FROM membership WHERE id = ANY ($1)',
    [[...memberships.keys()]],
  );
  expect(new Map(rows.map(({ id, ...state }) => [id, state]))).toEqual(memberships);
  expect(await command(THIS, 'server', 'record', 'verify')).toMatch(/ is intact: /);
}

(cannot === undefined ? test : test.skip)(
  'the previous release is replaced under load, one process after the other, and no request fails, nor on the way back',
  async () => {
    if (typeof release === 'string') return;
    const old = await build(release);
    await command(old, 'owner', 'migrate');
    await query(await grantsOf(old));
    const url = await balancers.all.start();
    const urls = { old: await balancers.old.start(), new: await balancers.new.start() };
    const running = [await serve(old), await serve(old)];
    const { admin, hospital, key, members } = await settle(old, url);
    const load = new Load(url, admin, hospital, key, members);
    let mixed: MixedLoad | undefined;
    const served = async () => {
      const { granted } = load;
      await until(() => load.hasServed(ENOUGH, granted));
    };
    const endOldest = async () => {
      const oldest = running.shift();
      if (oldest !== undefined) await end(oldest);
    };
    /** Replaces one process by one of another build, and then the other one, after both releases have served together. */
    const replaceBoth = async (folder: string, clients: MixedLoad) => {
      const { rounds } = clients;
      clients.cross();
      await served();
      await endOldest();
      running.push(await serve(folder));
      await served();
      await until(() => clients.hasCrossed(rounds));
      await clients.endCrossing();
    };
    try {
      await served();
      const columns = await columnsOf();
      const began = performance.now();
      await command(THIS, 'owner', 'migrate');
      figure('duration of the migration, in milliseconds', Math.round(performance.now() - began));
      figure('slowest request during the migration, in milliseconds', Math.round(load.slowest));
      expect(await columnsOf()).toEqual(expect.arrayContaining(columns));
      await query(await grantsOf(THIS));
      await served();
      running.push(await serve(THIS));
      mixed = await mix(urls);
      await replaceBoth(THIS, mixed);
      await endOldest();
      await served();
      running.push(await serve(old));
      await replaceBoth(old, mixed);
      await caughtUp(mixed);
      await mixed.stop();
      await endOldest();
      await served();
    } finally {
      await mixed?.stop();
      await load.stop();
    }
    requireSeamless(mixed);
    const keyed = await query<{ name: string }>("SELECT name FROM hospital WHERE name LIKE 'upgrade-%' ORDER BY id");
    expect(keyed.map(({ name }) => name)).toEqual(mixed.replayed);
    figure('requests granted', load.granted);
    figure('requests failed', load.failures.length);
    figure('slowest request, in milliseconds', Math.round(load.slowest));
    expect(load.failures).toEqual([]);
    await requireStored(load);
  },
);

/** @returns every column with its type, such as `medic.id integer` */
async function columnsOf(): Promise<string[]> {
  const rows = await query<{ name: string }>(
    `SELECT concat(table_name, '.', column_name, ' ', data_type) AS name FROM information_schema.columns
     WHERE table_schema = 'public'`,
  );
  return rows.map(({ name }) => name);
}

/** @returns the rights of the serving role that a release asks for */
function grantsOf(folder: string): Promise<string> {
  return readFile(`${folder}/deploy/grants.sql`, 'utf8');
}
