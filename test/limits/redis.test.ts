import { randomInt, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { Redis } from 'ioredis';
import { Proxy } from '../support/proxy.js';
import { Service, startTogether } from '../support/service.js';
import { until } from '../support/until.js';

const REDIS_URL = process.env['TEST_REDIS_URL'];

(REDIS_URL === undefined ? describe.skip : describe)('limits that processes share through Redis', () => {
  const proxy = new Proxy(new URL(REDIS_URL ?? 'redis://127.0.0.1:6379'));
  let url: URL;
  let first: Service;
  let second: Service;

  beforeEach(async () => {
    await proxy.start();
    url = new URL(proxy.url);
    url.pathname = `/${String(randomInt(1, 16))}`;
    const variables = { RATE_LIMIT: '10', CREATE_LIMIT: '3', REDIS_URL: url.href };
    [first, second] = [new Service(variables), new Service(variables)];
    await startTogether(first, second);
    // Redis still has what earlier runs counted for accounts with small ids.
    for (const { dataSource } of [first, second])
      await dataSource.query(`SELECT setval(pg_get_serial_sequence('medic', 'id'), $1)`, [randomInt(1e6, 2e9)]);
  });
  afterEach(async () => {
    await first.stop();
    await second.stop();
    await proxy.stop();
  });

  const send = async (service: Service, token: string) => (await service.client.get('/locations', { token })).status;

  test('two processes count the requests of one token together', async () => {
    const { token } = await first.given.medic();
    // The second process has its own database and does not know the token, but counts it.
    for (let number = 0; number < 5; number += 1) {
      expect(await send(first, token)).toBe(200);
      expect(await send(second, token)).toBe(401);
    }
    expect([await send(first, token), await send(second, token)]).toEqual([429, 429]);
  });

  test('a bulk request that is refused at a limit spends nothing of it', async () => {
    const { admin, hospital, outsider } = await first.given.hospital();
    const statuses: number[] = [];
    for (const rows of [2, 3, 2, 1, 1]) {
      const memberships = Array.from({ length: rows }, () => ({ medic: outsider.id }));
      statuses.push((await admin.post('/management/memberships/bulk/', { hospital, memberships })).status);
    }
    expect(statuses).toEqual([200, 429, 429, 200, 429]);
  });

  test('a log-in is counted by names that do not contain its email', async () => {
    const redis = new Redis(url.href);
    const before = new Set(await redis.keys('*'));
    const name = randomUUID();
    const body = { email: `${name}@example.org`, password: 'wrong' };
    (await first.client.post('/token-auth/', body)).isError(400);
    const names = await redis.keys('*');
    redis.disconnect();
    const counters = names.filter((each) => !before.has(each) && each.includes('login-'));
    expect(counters.map((each) => each.replace(/^hospital-memberships:|:[^:]*$/g, '')).sort()).toEqual(
      expect.arrayContaining(['login-email', 'login-pair']),
    );
    expect(names.filter((each) => each.includes(name))).toEqual([]);
  });

  test('while Redis is unreachable no request fails, the log says so once, and counting resumes afterwards', async () => {
    const { token } = await first.given.medic();
    await proxy.stop();
    for (let number = 0; number < 15; number += 1) expect(await send(first, token)).toBe(200);
    expect(await send(first, 'unknown')).toBe(401);
    expect(first.log.filter((line) => line.includes('Redis is unavailable'))).toHaveLength(1);
    await proxy.start();
    await until(() => first.log.some((line) => line.includes('Redis is available again')));
    const { token: other } = await first.given.medic();
    for (let number = 0; number < 10; number += 1) expect(await send(first, other)).toBe(200);
    expect(await send(first, other)).toBe(429);
  });
});

(REDIS_URL === undefined ? describe.skip : describe)('the log at the start', () => {
  let server: Server;
  let service: Service;
  /** The connections to Redis that are still to fail. */
  let failing: number;

  beforeEach(async () => {
    const redis = new URL(REDIS_URL ?? '');
    server = createServer((near) => {
      failing -= 1;
      near.on('error', () => undefined);
      if (failing >= 0) {
        near.destroy();
        return;
      }
      const far = connect(Number(redis.port), redis.hostname).on('error', () => near.destroy());
      near.pipe(far).pipe(near);
      near.on('close', () => far.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    service = new Service({ REDIS_URL: `redis://127.0.0.1:${String(port)}` });
  });
  afterEach(async () => {
    await service.stop();
    server.close();
  });

  /** Starts the service, and waits until it uses Redis. @returns what its log says about Redis */
  async function logOf(failures: number): Promise<unknown[]> {
    failing = failures;
    await service.start();
    const checks = async () =>
      (await service.client.get('//health/ready')).body<{ checks: { redis: string } }>().checks;
    await until(async () => (await checks()).redis === 'ok');
    const messages = service.log.map((line) => (JSON.parse(line) as { msg: string }).msg);
    return messages.filter((message) => message.startsWith('Redis '));
  }

  test('a first connection to Redis that fails is no outage', async () => {
    expect(await logOf(1)).toEqual([]);
  });

  test('an outage of Redis during the start is logged, and its end', async () => {
    expect(await logOf(3)).toEqual([expect.stringMatching(/^Redis is unavailable\. /), 'Redis is available again.']);
  });
});
