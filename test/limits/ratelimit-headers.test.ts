import { randomInt } from 'node:crypto';
import type { CheckedResponse } from '../support/checked-response.js';
import { Service, startTogether } from '../support/service.js';

const REDIS_URL = process.env['TEST_REDIS_URL'];
const LIMIT = 5;

/** @returns the RateLimit headers of a response */
function limitOf({ headers }: CheckedResponse) {
  const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((name) =>
    Number(headers.get(`ratelimit-${name}`) ?? Number.NaN),
  );
  return { limit, remaining, reset };
}

/** @returns the settings for an empty Redis database */
function freshRedis(): Record<string, string> {
  const url = new URL(REDIS_URL ?? 'redis://127.0.0.1:6379');
  url.pathname = `/${String(randomInt(1, 16))}`;
  return { REDIS_URL: url.href };
}

describe.each([
  ['in memory', true, () => ({})],
  ['in Redis', REDIS_URL !== undefined, freshRedis],
] as const)('rate limits counted %s', (_, isThere, settings) => {
  const each = isThere ? test : test.skip;
  let services: Service[];

  beforeEach(async () => {
    const variables = { RATE_LIMIT: String(LIMIT), ...settings() };
    services = [new Service(variables), new Service(variables)];
    if (isThere) await startTogether(...services);
  });
  afterEach(async () => {
    if (isThere) for (const service of services) await service.stop();
  });

  each('every response says the limit, the remaining requests, and the seconds until the limit resets', async () => {
    const [service] = services;
    const medic = await service?.given.medic();
    const answers: CheckedResponse[] = [];
    for (let sent = 0; sent < LIMIT + 2; sent += 1) if (medic) answers.push(await medic.get('/medics/0'));
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 429, 429]);
    const limits = answers.map(limitOf);
    expect(limits.map(({ limit }) => limit)).toEqual(limits.map(() => LIMIT));
    expect(limits.map(({ remaining }) => remaining)).toEqual([4, 3, 2, 1, 0, 0, 0]);
    let before = 60;
    for (const { reset = Number.NaN } of limits) {
      // The window starts with the first request and does not move.
      expect(Number.isInteger(reset) && reset > 0 && reset <= before).toBe(true);
      before = reset;
    }
    const refused = answers.at(-1);
    expect(Number(refused?.headers.get('retry-after'))).toBe(limits.at(-1)?.reset);
  });

  each('the remaining requests are those of the token alone', async () => {
    const [service] = services;
    const remaining: unknown[] = [];
    for (let medic = 0; medic < 2; medic += 1)
      remaining.push(limitOf((await (await service?.given.medic())?.get('/locations/')) as CheckedResponse).remaining);
    expect(remaining).toEqual([LIMIT - 1, LIMIT - 1]);
  });

  if (REDIS_URL !== undefined)
    each('the remaining requests are per process, or shared through Redis', async () => {
      const [first, second] = services as [Service, Service];
      const { token } = await first.given.medic();
      const isShared = 'REDIS_URL' in settings();
      const remaining: unknown[] = [];
      for (const service of [first, second, first, second])
        remaining.push(limitOf(await service.client.get('/medics/0', { token })).remaining);
      expect(remaining).toEqual(isShared ? [4, 3, 2, 1] : [4, 4, 3, 3]);
    });
});
