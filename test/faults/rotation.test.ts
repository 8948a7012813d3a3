import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { digestOf } from '../../src/auth/token-key.js';
import type { Actor } from '../support/actor.js';
import { figure } from '../support/figure.js';
import { until } from '../support/until.js';
import { by, keepAlive, send } from './exchange.js';
import { useScratch } from './scratch.js';

const scratch = useScratch();
const agent = keepAlive();
afterAll(() => {
  agent.destroy();
});

/**
 * A request with its start and end, in milliseconds since 1970, rounded down. PostgreSQL reads the clock of
 * the same machine, so its deadlines are comparable.
 */
interface Use {
  readonly key: 'old' | 'new';
  readonly startedAt: number;
  readonly answeredAt: number;
  readonly isGranted: boolean;
}

/** The state of a rotation. */
interface Rotation {
  /** Known after the response to the rotation. */
  next?: string;
  /** When the old key expires, according to the database. */
  deadline?: number;
  isOver: boolean;
  readonly uses: Use[];
}

/** How many requests each client with the old key must start after the deadline. */
const AFTERWARDS = 3;

/** A client that switches to the new key at a random moment of the grace time, and sends without a pause. */
async function switching(rotation: Rotation, use: (key: 'old' | 'new') => Promise<Use>): Promise<void> {
  const share = Math.random();
  let switchAt: number | undefined;
  while (!rotation.isOver) {
    const { deadline } = rotation;
    if (deadline !== undefined) switchAt ??= Date.now() + share * (deadline - Date.now());
    rotation.uses.push(await use(switchAt !== undefined && Date.now() >= switchAt ? 'new' : 'old'));
  }
}

/** A client that keeps the old key, and sends without a pause until well after the deadline. */
async function lagging(rotation: Rotation, use: (key: 'old') => Promise<Use>): Promise<void> {
  for (let late = 0; late < AFTERWARDS;) {
    const one = await use('old');
    rotation.uses.push(one);
    if (rotation.deadline !== undefined && one.startedAt >= rotation.deadline) late += 1;
  }
}

/** Rotates the key of a medic through one process while clients use it on all of them. @returns the rotation with all uses */
async function rotate(urls: string[], through: string, medic: Actor, grace: number): Promise<Rotation> {
  const rotation: Rotation = { isOver: false, uses: [] };
  const use = async (url: string, key: 'old' | 'new', isWrite: boolean): Promise<Use> => {
    const token = key === 'old' ? medic.token : rotation.next;
    if (token === undefined) throw new Error('There is no new key yet.');
    const sent = isWrite
      ? by(medic, 'PATCH', `/medics/${String(medic.id)}`, { campaign: 'x' })
      : by(medic, 'GET', '/locations/');
    const startedAt = Date.now();
    const { status } = await send(url, { ...sent, token }, agent);
    if (![200, 202, 401].includes(status)) throw new Error(`${sent.method} ${sent.path} answers ${String(status)}`);
    return { key, startedAt, answeredAt: Date.now(), isGranted: status !== 401 };
  };
  const switchers = urls.flatMap((url) =>
    [true, false].map((isWrite) => switching(rotation, (key) => use(url, key, isWrite))),
  );
  const laggards = urls.map((url) => lagging(rotation, (key) => use(url, key, false)));
  const rotating = until(() => rotation.uses.length >= 2 * (switchers.length + laggards.length)).then(async () => {
    await sleep(randomInt(100));
    const sentAt = Date.now();
    const { status, text } = await send(through, by(medic, 'POST', `/token-auth/rotate?grace=${String(grace)}`), agent);
    const answeredAt = Date.now();
    expect(status).toBe(200);
    rotation.next = (JSON.parse(text) as { token: string }).token;
    const deadline = await deadlineOf(medic.token);
    expect(deadline).toBeGreaterThanOrEqual(sentAt + grace * 1000);
    expect(deadline).toBeLessThan(answeredAt + 1 + grace * 1000);
    rotation.deadline = deadline;
  });
  await Promise.all([rotating, ...laggards]);
  rotation.isOver = true;
  await Promise.all(switchers);
  return rotation;
}

/** @returns when a key expires, in milliseconds since 1970 */
async function deadlineOf(key: string): Promise<number> {
  const [row] = await scratch.query<{ deadline: number }>(
    'SELECT extract(epoch FROM expires_at)::float8 * 1000 AS deadline FROM api_token WHERE digest = $1',
    [digestOf(key)],
  );
  return row?.deadline ?? Number.NaN;
}

const LANES = 6;
const ROTATIONS_IN_A_LANE = 24;

/** The time that counts as close to a deadline, in milliseconds. */
const NEAR = 25;

test('a rotated key works until its deadline and not after it, and the new key works from the response on', async () => {
  const urls = await Promise.all([scratch.process(), scratch.process()].map((process) => process.url()));
  const total = {
    rotations: 0,
    across: 0,
    before: 0,
    nearBefore: 0,
    tooSoon: 0,
    after: 0,
    nearAfter: 0,
    late: 0,
    new: 0,
    newRefused: 0,
  };
  const note = ({ uses, deadline = Number.NaN }: Rotation) => {
    total.rotations += 1;
    for (const { key, startedAt, answeredAt, isGranted } of uses) {
      // Rounded down, so the response arrived before the next millisecond.
      const kind =
        key === 'new' ? 'new' : answeredAt + 1 <= deadline ? 'before' : startedAt >= deadline ? 'after' : 'across';
      total[kind] += 1;
      if (kind === 'new' && !isGranted) total.newRefused += 1;
      if (kind === 'before' && !isGranted) total.tooSoon += 1;
      if (kind === 'after' && isGranted) total.late += 1;
      if (kind === 'before' && answeredAt > deadline - NEAR) total.nearBefore += 1;
      if (kind === 'after' && startedAt < deadline + NEAR) total.nearAfter += 1;
    }
  };
  const lane = async (_: unknown, number: number) => {
    let medic = await scratch.given.medic();
    for (let round = 0; round < ROTATIONS_IN_A_LANE; round += 1) {
      const through = urls[(number + round) % urls.length] ?? '';
      const rotation = await rotate(urls, through, medic, 1 + (((number + round) >> 1) % 2));
      note(rotation);
      medic = Object.assign(Object.create(medic) as Actor, { token: rotation.next });
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  figure('rotations under traffic', total.rotations);
  figure('requests with the old key, answered before its deadline', total.before);
  figure(`of them in the last ${String(NEAR)} ms`, total.nearBefore);
  figure('of them refused', total.tooSoon);
  figure('requests with the new key, from the answer of the rotation on', total.new);
  figure('of them refused (new key)', total.newRefused);
  figure('requests with the old key, sent after its deadline', total.after);
  figure(`of them in the first ${String(NEAR)} ms`, total.nearAfter);
  figure('of them granted', total.late);
  figure('requests under way at a deadline', total.across);
  expect(total).toMatchObject({ tooSoon: 0, newRefused: 0, late: 0 });
  for (const count of [total.nearBefore, total.nearAfter, total.new]) expect(count).toBeGreaterThan(0);
});
