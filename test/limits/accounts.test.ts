import { randomInt } from 'node:crypto';
import type { Actor } from '../support/actor.js';
import { Service, startTogether, useService } from '../support/service.js';

const LIMIT = 5;
const service = useService({ RATE_LIMIT: String(LIMIT) });

/** Uses up the limit of one token. */
async function useUp(medic: Actor): Promise<void> {
  for (let sent = 0; sent < LIMIT; sent += 1) (await medic.get('/locations/')).isOk();
}

test('the accounts of one tree share ten times RATE_LIMIT', async () => {
  const root = await service.given.medic();
  const child = await service.given.medic({ createdById: root.id });
  const tree = [root, child];
  while (tree.length < 10) tree.push(await service.given.medic({ createdById: child.id }));
  for (const medic of tree) await useUp(medic);
  const last = await service.given.medic({ createdById: root.id });
  const refused = (await last.get('/locations/')).isError(429, /^Too many requests; try again in \d+ s\.$/);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  await useUp(await service.given.medic());
});

test('more tokens do not give a medic more than ten times RATE_LIMIT', async () => {
  const medic = await service.given.medic();
  const statuses: number[] = [];
  for (let key = 0; key < 12; key += 1) {
    const token = await service.given.token(medic.id);
    for (let sent = 0; sent < LIMIT; sent += 1)
      statuses.push((await service.client.get('/locations/', { token })).status);
  }
  expect(statuses.filter((status) => status === 200)).toHaveLength(10 * LIMIT);
  expect(statuses.slice(0, 10 * LIMIT)).toEqual(Array(10 * LIMIT).fill(200));
});

const REDIS_URL = process.env['TEST_REDIS_URL'];
(REDIS_URL === undefined ? describe.skip : describe)('processes that share a Redis', () => {
  const services = [1, 2].map(() => new Service({ RATE_LIMIT: '1', REDIS_URL: REDIS_URL ?? '' }));
  beforeAll(() => startTogether(...services));
  afterAll(async () => {
    for (const each of services) await each.stop();
  });

  test('processes that share a Redis count an account together', async () => {
    // The root of a tree that this Redis has not counted yet.
    const id = randomInt(1_000_000, 2_000_000_000);
    for (const each of services) await each.given.medic({ id });
    const statuses: number[] = [];
    for (let sent = 0; statuses.at(-1) !== 429; sent += 1) {
      const each = services[sent % 2] as Service;
      statuses.push((await each.client.get('/locations/', { token: await each.given.token(id) })).status);
    }
    // Requests do not wait for Redis, so a few more may pass before its reply arrives.
    expect(statuses.length - 1).toBeGreaterThanOrEqual(10);
    expect(statuses.length - 1).toBeLessThan(20);
  });
});
