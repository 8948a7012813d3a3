import type pg from 'pg';
import { HOSPITAL, medicBody } from '../support/bodies.js';
import { figure } from '../support/figure.js';
import { until } from '../support/until.js';
import { by, keepAlive, send, type Reply } from './exchange.js';
import { useScratch } from './scratch.js';

/** A separate connection that holds a lock; it ends before its database is dropped. */
let holder: pg.Client;
afterEach(() => holder.end());
const scratch = useScratch();
beforeEach(async () => {
  holder = await scratch.database.connect();
});

const agent = keepAlive();
afterAll(() => {
  agent.destroy();
});

/** As in `src/database/data-source-options.ts`. */
const POOL = 10;

/** @returns the backends that wait for a lock, once there are at least this many */
function waiting(count: number): Promise<number[]> {
  return until(async () => {
    // Not on the holder's connection, because its transaction sees one snapshot of the statistics.
    const rows = await scratch.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return rows.length === count ? rows.map(({ pid }) => pid) : undefined;
  });
}

function isUnavailable({ status, headers }: Reply): boolean {
  return status === 503 && Number(headers['retry-after']) >= 1;
}

async function rowsOfMedics(): Promise<unknown> {
  const tables = ['medic', 'membership', 'hospital', 'api_token'];
  const counts = tables.map((table) => `(SELECT count(*)::integer FROM ${table}) AS ${table}`);
  return scratch.query(`SELECT ${counts.join(', ')}`);
}

test('connections that end in the middle of a transaction leave nothing half-written', async () => {
  const CUTS = 8;
  const url = await scratch.process().url();
  const { hospital, admin } = await scratch.given.hospital();
  const create = () => send(url, by(admin, 'POST', '/medics/', medicBody({ hospital })), agent);
  const before = await rowsOfMedics();
  // The medic and the membership are already written when the token waits for this lock.
  await holder.query('BEGIN; LOCK TABLE api_token IN SHARE MODE');
  const responses = Promise.all(Array.from({ length: CUTS }, create));
  for (const pid of await waiting(CUTS)) await holder.query('SELECT pg_terminate_backend($1)', [pid]);
  const refused = (await responses).filter(isUnavailable).length;
  await holder.query('ROLLBACK');
  expect(refused).toBe(CUTS);
  expect(await rowsOfMedics()).toEqual(before);
  const after = await Promise.all(Array.from({ length: CUTS }, create));
  expect(after.map(({ status }) => status)).toEqual(after.map(() => 201));
  figure('transactions cut in the middle, all answered 503, none half-written', refused);
});

test('if the pool is exhausted, writes wait a bounded time, reads continue, and the service recovers once connections are free', async () => {
  const MORE = 40;
  const server = scratch.process();
  const url = await server.url();
  const { hospital, admin } = await scratch.given.hospital();
  const hold = () => send(url, by(admin, 'PATCH', `/hospital/${String(hospital)}`, { headline: 'x' }), agent);
  const create = () => send(url, by(admin, 'POST', '/hospital/', HOSPITAL), agent);
  const read = () => send(url, by(admin, 'GET', '/management/memberships/'), agent);
  await holder.query('BEGIN');
  await holder.query('SELECT FROM hospital WHERE id = $1 FOR UPDATE', [hospital]);
  const held = Array.from({ length: POOL }, hold);
  await waiting(POOL);
  const startedAt = performance.now();
  // All of them get a response while the lock is held, so none waits for its release.
  const responses = await Promise.all(Array.from({ length: MORE }, create));
  const longest = performance.now() - startedAt;
  const refused = responses.filter(isUnavailable).length;
  const reads = await Promise.all(Array.from({ length: MORE }, read));
  expect((await fetch(`${url}/health/ready`)).status).toBe(200);
  await holder.query('ROLLBACK');
  expect(refused).toBe(MORE);
  expect(reads.map(({ status }) => status)).toEqual(reads.map(() => 200));
  expect((await Promise.all(held)).map(({ status }) => status)).toEqual(held.map(() => 201));
  const after = await Promise.all(Array.from({ length: MORE }, create));
  expect(after.map(({ status }) => status)).toEqual(after.map(() => 201));
  expect(server.errors).toBe('');
  figure('writes beyond an exhausted pool, all answered 503', refused);
  figure('reads meanwhile, all granted', reads.length);
  figure('milliseconds until the last of them was answered', Math.round(longest));
});

test('a statement that waits too long for a lock is cancelled and changes nothing', async () => {
  const url = await scratch.process().url();
  const { hospital, admin } = await scratch.given.hospital();
  const change = () => send(url, by(admin, 'PATCH', `/hospital/${String(hospital)}`, { name: 'Other' }), agent);
  await holder.query('BEGIN');
  await holder.query('SELECT FROM hospital WHERE id = $1 FOR UPDATE', [hospital]);
  const startedAt = performance.now();
  const response = await change();
  const waited = performance.now() - startedAt;
  expect(isUnavailable(response)).toBe(true);
  const names = await holder.query('SELECT name FROM hospital WHERE id = $1', [hospital]);
  expect(names.rows).toEqual([{ name: 'Hospital' }]);
  await holder.query('ROLLBACK');
  expect((await change()).status).toBe(201);
  figure('milliseconds until a statement that waits for a lock is answered 503', Math.round(waited));
});

test('a process that is stopped in the middle of a transaction does not keep its locks', async () => {
  const [stopped, other] = [scratch.process(), scratch.process()];
  const [url, otherUrl] = [await stopped.url(), await other.url()];
  const { hospital, admin } = await scratch.given.hospital();
  const path = `/hospital/${String(hospital)}`;
  // Its transaction has locked the hospital before it waits for the membership of the caller.
  await holder.query('BEGIN');
  await holder.query('SELECT FROM membership WHERE medic_id = $1 FOR UPDATE', [admin.id]);
  const response = send(url, by(admin, 'PATCH', path, { name: 'Of the stopped' }), agent);
  await waiting(1);
  stopped.signal('SIGSTOP');
  await holder.query('ROLLBACK');
  await until(async () => {
    const change = by(admin, 'PATCH', path, { headline: 'Of the other' });
    return (await send(otherUrl, change, agent)).status === 201;
  });
  stopped.signal('SIGCONT');
  expect(isUnavailable(await response)).toBe(true);
  expect(await scratch.query('SELECT name, headline FROM hospital WHERE id = $1', [hospital])).toEqual([
    { name: 'Hospital', headline: 'Of the other' },
  ]);
  expect((await send(url, by(admin, 'PATCH', path, { name: 'Of both' }), agent)).status).toBe(201);
});

describe.each([
  ['a deadlock', '40P01'],
  ['a serialization failure', '40001'],
])('%s', (name, state) => {
  /** Makes the first insertions of hospitals fail; they are counted by a sequence, because it is not rolled back. */
  async function failFirst(failures: number): Promise<void> {
    await scratch.query('CREATE SEQUENCE attempts');
    await scratch.query(`
      CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('attempts') <= ${String(failures)} THEN RAISE 'failed on purpose' USING ERRCODE = '${state}'; END IF;
        RETURN NEW;
      END $$`);
    await scratch.query('CREATE TRIGGER fail BEFORE INSERT ON hospital FOR EACH ROW EXECUTE FUNCTION fail()');
  }

  /** Creates a hospital while this many attempts fail. @returns the response and the number of attempts */
  async function createWhileFailing(failures: number) {
    const url = await scratch.process().url();
    const medic = await scratch.given.medic();
    await failFirst(failures);
    const reply = await send(url, by(medic, 'POST', '/hospital/', HOSPITAL), agent);
    const [{ attempts, hospitals } = {}] = await scratch.query(
      'SELECT last_value::integer AS attempts, (SELECT count(*)::integer FROM hospital) AS hospitals FROM attempts',
    );
    return { reply, attempts, hospitals };
  }

  test('a transient failure is invisible to the client, and the work is done once', async () => {
    const { reply, attempts, hospitals } = await createWhileFailing(2);
    expect({ status: reply.status, attempts, hospitals }).toEqual({ status: 201, attempts: 3, hospitals: 1 });
  });

  test('a persistent failure is a 503 after a bounded number of attempts, and nothing is stored', async () => {
    const { reply, attempts, hospitals } = await createWhileFailing(1_000_000);
    expect({ isUnavailable: isUnavailable(reply), attempts, hospitals }).toEqual({
      isUnavailable: true,
      attempts: 4,
      hospitals: 0,
    });
    figure(`attempts where ${name} stays`, Number(attempts));
  });
});
