import { getHeapStatistics } from 'node:v8';
import { maxResident } from '../../src/http/server/load-shedding.js';
import { isServer } from '../support/server.js';
import { useService } from '../support/service.js';
import { until } from '../support/until.js';

const service = useService({ RATE_LIMIT: '100000' });

test.each([
  [500, 0, 4, 500],
  [500, 1000, 1, 500],
  [500, 400, 1, 360],
  [500, 1000, 4, 225],
])(
  'a process that needs %s MB in a container of %s MB with %s processes may use %s MB',
  (own, container, count, limit) => {
    expect(maxResident(own, container, count)).toBe(limit);
  },
);

test('an overloaded process responds with 503 and Retry-After, and accepts requests again afterwards', async () => {
  const statuses = new Set<number>();
  let refused: Response | undefined;
  for (let round = 0; round < 40 && refused === undefined; round += 1) {
    const end = Date.now() + 1500;
    while (Date.now() < end);
    const response = await fetch(`${service.client.url}/health/ready`);
    statuses.add(response.status);
    if (response.status === 503) refused = response;
    if (refused) expect((await fetch(`${service.client.url}/health/live`)).status).toBe(200);
  }
  expect(refused?.headers.get('retry-after')).toBe('1');
  expect(await refused?.json()).toEqual({
    message: 'The service is overloaded; try again shortly.',
  });
  for (let round = 0; round < 100; round += 1) {
    if ((await fetch(`${service.client.url}/health/ready`)).status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('Requests are still turned away.');
});

// The embedded database responds within one turn of the event loop, so no requests pile up.
(isServer ? test : test.skip)(
  'while resident memory is too high, only a few requests at a time are accepted',
  async () => {
    const statusOf = async (path: string) => (await fetch(`${service.client.url}${path}`)).status;
    await until(async () => (await statusOf('/health/ready')) === 200);
    const usage = process.memoryUsage();
    const spy = vi.spyOn(process, 'memoryUsage');
    spy.mockReturnValue({ ...usage, rss: Number.MAX_SAFE_INTEGER });
    const many = () => Promise.all(Array.from({ length: 40 }, () => statusOf('/health/ready')));
    await until(async () => (await many()).includes(503));
    expect(await statusOf('/health/ready')).toBe(200);
    expect((await many()).filter((status) => status === 200).length).toBeGreaterThanOrEqual(16);
    spy.mockReturnValue(usage);
    await until(async () => !(await many()).includes(503));
    spy.mockRestore();
  },
);

test('while the heap is nearly full, everything but liveness is a 503, and requests are accepted again afterwards', async () => {
  const statusOf = async (path: string) => (await fetch(`${service.client.url}${path}`)).status;
  await until(async () => (await statusOf('/health/ready')) === 200);
  const usage = process.memoryUsage();
  const { heap_size_limit: limit } = getHeapStatistics();
  const spy = vi.spyOn(process, 'memoryUsage');
  spy.mockReturnValue({ ...usage, heapUsed: 0.91 * limit });
  await until(async () => (await statusOf('/health/ready')) === 503);
  expect(await statusOf('/api/v2/medics/')).toBe(503);
  expect(await statusOf('/health/live')).toBe(200);
  expect(await statusOf('/health/%6Cive')).toBe(200);
  spy.mockReturnValue({ ...usage, heapUsed: 0.89 * limit });
  await until(async () => (await statusOf('/health/ready')) === 200);
  spy.mockRestore();
});
