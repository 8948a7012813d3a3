import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { readEnvironment } from '../../src/config/environment.js';
import { startServer } from '../../src/server/start-server.js';
import { Actor } from '../support/actor.js';
import { HOSPITAL, medicBody } from '../support/bodies.js';
import type { CheckedResponse } from '../support/checked-response.js';
import type { Client } from '../support/client.js';
import { Proxy } from '../support/proxy.js';
import { isServer } from '../support/server.js';
import { clientOf, useService } from '../support/service.js';
import { until } from '../support/until.js';
import { waitingIn } from '../support/waiting.js';

const AWAY = '{"message":"The database is not available at the moment; try again shortly."}';

/** The embedded database runs in the process, so it cannot be unreachable. */
const describeOnServer = isServer ? describe : describe.skip;

describeOnServer('while PostgreSQL is unreachable', () => {
  /** Connects directly, to store rows and to check them. */
  const service = useService();
  let proxy: Proxy;
  let app: NestFastifyApplication;
  /** Client of a second server that reaches PostgreSQL through the proxy. */
  let client: Client;

  beforeAll(async () => {
    proxy = new Proxy(new URL(service.database.variables['DATABASE_URL'] ?? ''));
    await proxy.start();
    const variables = { DATABASE_URL: proxy.url, PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'silent', RATE_LIMIT: '0' };
    app = await startServer(readEnvironment(variables), () => undefined);
    const { port } = app.getHttpServer().address() as { port: number };
    client = await clientOf(`http://127.0.0.1:${String(port)}`, service.database);
  });
  afterAll(async () => {
    await app.close();
    await proxy.stop();
  });

  /** @returns the same medic as a caller of the second server */
  const through = ({ id, email, token }: Actor) => new Actor(id, email, token, client);

  function isAway(response: CheckedResponse): void {
    expect([response.status, response.text]).toEqual([503, AWAY]);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  }

  function isNotReady(response: CheckedResponse): void {
    const checks = { database: 'unavailable', role: null, redis: 'off', record_head_age: null };
    response.is(503, { ...(JSON.parse(AWAY) as object), checks });
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  }

  test('while PostgreSQL is unreachable every response is a 503 without details, and the service recovers on its own', async () => {
    const { hospital, admin, member, membership, outsider } = await service.given.hospital();
    const caller = through(admin);
    (await caller.get('/medics/')).isOk();
    (await client.get('//health/ready')).isOk({ status: 'ok' });
    await proxy.stop();
    for (const path of ['/medics/', '/locations/', '/hospital/', `/memberships/${String(hospital)}`]) {
      isAway(await caller.get(path));
    }
    isAway(await caller.addMember(hospital, outsider));
    isAway(await caller.changeMembership(membership, { type_membership: 'ADMIN' }));
    isAway(await caller.removeMembership(membership));
    isAway(await caller.post('/hospital/', HOSPITAL));
    isAway(await caller.post('/medics/', { ...medicBody(), hospital }));
    isAway(await through(member).patch('/locations/update/', { hospital_id: hospital }));
    isNotReady(await client.get('//health/ready'));
    (await client.get('//health/live')).isOk({ status: 'ok' });
    (await client.get('/medics/', { token: 'nonsense' })).isRefused('Invalid Token');
    await proxy.start();
    await until(async () => (await client.get('//health/ready')).status === 200);
    (await caller.addMember(hospital, outsider)).isCreated({ medic: outsider.id });
  });

  test('connections that were cut are replaced, no matter how often', async () => {
    const caller = through(await service.given.medic());
    for (let cuts = 0; cuts < 5; cuts += 1) {
      await Promise.all(Array.from({ length: 20 }, () => caller.get('/medics/')));
      proxy.cut();
      await until(async () => (await caller.get('/medics/')).status === 200);
    }
  });

  test('a database that accepts connections but does not respond is a 503 until it responds', async () => {
    const { hospital, admin } = await service.given.hospital();
    const caller = through(admin);
    (await caller.get('/medics/')).isOk();
    proxy.fallSilent();
    proxy.cut();
    const responses = [
      ...['/medics/', '/hospital/', `/hospital/${String(hospital)}`].map((path) => caller.get(path)),
      caller.post('/hospital/', HOSPITAL),
    ];
    isNotReady(await client.get('//health/ready'));
    for (const response of await Promise.all(responses)) isAway(response);
    proxy.speak();
    await until(async () => (await client.get('//health/ready')).status === 200);
    (await caller.post('/hospital/', HOSPITAL)).isCreated();
  });

  test('a connection that is cut in the middle of a transaction leaves nothing half-written', async () => {
    const { hospital, admin } = await service.given.hospital();
    const caller = through(admin);
    const before = await client.rows();
    const holder = await service.database.connect();
    // The medic and the membership are already written when the token waits for this lock.
    await holder.query('BEGIN; LOCK TABLE api_token IN SHARE MODE');
    const response = caller.post('/medics/', { ...medicBody(), hospital });
    await until(async () => (await waitingIn(holder, 'api_token')).length === 1);
    proxy.cut();
    isAway(await response);
    await holder.query('ROLLBACK');
    await until(async () => {
      const busy = await holder.query("SELECT FROM pg_locks WHERE relation = 'api_token'::regclass");
      return busy.rowCount === 0;
    });
    await holder.end();
    expect(await client.rows()).toBe(before);
    (await caller.post('/medics/', { ...medicBody(), hospital })).isCreated({ hospital });
  });

  test('a request whose backend is terminated gets the same 503', async () => {
    const { hospital, admin } = await service.given.hospital();
    const holder = await service.database.connect();
    await holder.query('BEGIN; LOCK TABLE hospital IN SHARE MODE');
    const response = through(admin).patch(`/hospital/${String(hospital)}`, { name: 'Other' });
    const pid = await until(async () => (await waitingIn(holder))[0]);
    await holder.query('SELECT pg_terminate_backend($1)', [pid]);
    isAway(await response);
    await holder.query('ROLLBACK');
    await holder.end();
    (await through(admin).patch(`/hospital/${String(hospital)}`, { name: 'Other' })).isCreated({ name: 'Other' });
  });
});
