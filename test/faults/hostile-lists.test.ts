import type pg from 'pg';
import { MembershipType } from '../../src/memberships/membership.entity.js';
import type { Actor } from '../support/actor.js';
import { figure } from '../support/figure.js';
import { until } from '../support/until.js';
import { waitingIn } from '../support/waiting.js';
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

/** A limit that nobody reaches. Without a limit the service would not shed load either. */
const SETTINGS = { RATE_LIMIT: '1000000' };

/** Upper bound of the median time of a read during an attack, as a multiple of the median before it. */
const MOST_SLOWDOWN = 10;

/** As in `src/database/fair-pool.ts` and `reads.ts`. */
const AT_A_TIME = 4;
const PER_CALLER = 2;
const MAX_WAITING_PER_CALLER = 64;

const get = (url: string, actor: Actor, path: string) => send(url, by(actor, 'GET', path), agent);

/** Reads with the prefetch and without it. @param times receives the milliseconds of each read */
async function readAll(url: string, { admin, hospital, membership }: Scene, times: number[] = []): Promise<number[]> {
  const paths = [
    '/locations/',
    '/management/memberships/',
    '/management/memberships/?managed=true',
    '/management/memberships/?type_membership=ADMIN',
    `/management/memberships/${String(membership)}`,
    `/memberships/${String(hospital)}`,
    `/memberships/${String(hospital)}?limit=1`,
    '/medics/',
  ];
  const replies: Reply[] = [];
  for (const path of paths) {
    const start = performance.now();
    replies.push(await get(url, admin, path));
    times.push(performance.now() - start);
  }
  return replies.map(({ status }) => status);
}

const medianOf = (times: readonly number[]) => [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;

type Scene = Awaited<ReturnType<typeof scratch.given.hospital>>;

test("one account's slow lists do not delay the reads of others, and are refused beyond a limit", async () => {
  const LISTS = 100;
  const url = await scratch.process(1, SETTINGS).url();
  const victim = await scratch.given.hospital();
  const attacker = await scratch.given.medic();
  // Among these reads, only the lists of hospitals need this table.
  await holder.query('BEGIN; LOCK TABLE hospital_picture IN ACCESS EXCLUSIVE MODE');
  const lists = Array.from({ length: LISTS }, () => get(url, attacker, '/hospital/'));
  await until(async () => (await waitingIn(holder, 'hospital_picture')).length === PER_CALLER);
  const statuses = [...(await readAll(url, victim)), ...(await readAll(url, victim))];
  expect(statuses).toEqual(statuses.map(() => 200));
  // The lock is still held, and no more statements wait for it than at first.
  expect(await waitingIn(holder, 'hospital_picture')).toHaveLength(PER_CALLER);
  await holder.query('ROLLBACK');
  const replies = await Promise.all(lists);
  const refused = replies.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThanOrEqual(LISTS - PER_CALLER - MAX_WAITING_PER_CALLER);
  for (const { headers, text } of refused) {
    expect(headers['retry-after']).toBe('1');
    expect(text).toContain('Too many of your list requests');
  }
  expect(replies.filter(({ status }) => status !== 200 && status !== 429)).toEqual([]);
  figure('lists that one account asks for at a time', LISTS);
  figure('statements of them at a time', PER_CALLER);
  figure('of them refused with 429', refused.length);
  figure('reads of somebody else meanwhile, all granted', statuses.length);
});

test('slow lists of many accounts and slow pictures delay no key and no right', async () => {
  const url = await scratch.process(1, SETTINGS).url();
  const { admin, member, hospital, membership } = await scratch.given.hospital();
  const attackers = [await scratch.given.medic(), await scratch.given.medic(), await scratch.given.medic()];
  await holder.query('BEGIN; LOCK TABLE hospital_picture IN ACCESS EXCLUSIVE MODE');
  const lists = attackers.flatMap((attacker) => Array.from({ length: 20 }, () => get(url, attacker, '/hospital/')));
  const picture = { method: 'GET', path: `/api/v2/pictures/${'0'.repeat(64)}` };
  const pictures = Array.from({ length: 20 }, () => send(url, picture, agent));
  await until(async () => (await waitingIn(holder, 'hospital_picture')).length === AT_A_TIME);
  const paths = ['/locations/', '/management/memberships/', `/management/memberships/${String(membership)}`];
  const replies = [
    ...(await Promise.all(paths.flatMap((path) => [get(url, admin, path), get(url, member, path)]))),
    await get(url, admin, `/memberships/${String(hospital)}`),
  ];
  expect(await waitingIn(holder, 'hospital_picture')).toHaveLength(AT_A_TIME);
  await holder.query('ROLLBACK');
  await Promise.all([...lists, ...pictures]);
  expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200));
  figure('slow lists and pictures of others', lists.length + pictures.length);
  figure('statements of them at a time', AT_A_TIME);
  figure('reads with the key meanwhile, all granted', replies.length);
});

test('while an ADMIN reads the lists of many large hospitals on 30 connections, the reads of others succeed', async () => {
  const [HOSPITALS, MEMBERS, CONNECTIONS, ROUNDS] = [40, 1000, 30, 10];
  const url = await scratch.process(1, SETTINGS).url();
  const victim = await scratch.given.hospital();
  const attacker = await scratch.given.medic();
  for (let hospital = 0; hospital < HOSPITALS; hospital += 1) {
    const id = await scratch.given.emptyHospital();
    await scratch.given.membership(attacker, id, { type: MembershipType.ADMIN });
    await scratch.given.crowd(id, MEMBERS);
  }
  await scratch.query('ANALYZE');
  const [quiet, busy]: [number[], number[]] = [[], []];
  await readAll(url, victim);
  for (let round = 0; round < ROUNDS; round += 1) await readAll(url, victim, quiet);
  let isOver = false;
  const attack = Array.from({ length: CONNECTIONS }, async () => {
    const replies: Reply[] = [];
    while (!isOver) replies.push(await get(url, attacker, '/management/memberships/?managed=true&limit=1'));
    return replies;
  });
  const statuses: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) statuses.push(...(await readAll(url, victim, busy)));
  isOver = true;
  const replies = (await Promise.all(attack)).flat();
  expect(statuses).toEqual(statuses.map(() => 200));
  const count = HOSPITALS * (MEMBERS + 1);
  for (const { status, text } of replies) if (status === 200) expect(JSON.parse(text)).toMatchObject({ count });
  expect(replies.filter(({ status }) => status !== 200 && status !== 429)).toEqual([]);
  const slowdown = medianOf(busy) / medianOf(quiet);
  figure('times as long as before that the median of the other reads takes', Number(slowdown.toFixed(1)));
  expect(slowdown).toBeLessThan(MOST_SLOWDOWN);
  figure('lists of 40,040 memberships that one account asked for without a pause', replies.length);
  figure('reads of somebody else meanwhile, all granted', statuses.length);
});
