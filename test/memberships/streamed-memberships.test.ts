import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connectTo, rawRequest } from '../support/raw.js';
import { isServer } from '../support/server.js';
import { useService } from '../support/service.js';
import { listen } from '../support/statements.js';
import { until } from '../support/until.js';
import { waitingIn } from '../support/waiting.js';

const service = useService();

/** The embedded database has no connections of its own that could be heard or cut. */
const testOnServer = isServer ? test : test.skip;

testOnServer('HEAD reads no more of a long list than is needed to say that it is there', async () => {
  const { hospital, admin } = await service.given.hospital();
  await service.given.crowd(hospital, 1_600);
  let batches = 0;
  const stop = listen((_, text) => {
    if (/ORDER BY s.date_joined DESC/.test(text)) batches += 1;
  });
  const path = `/memberships/${String(hospital)}`;
  const { headers } = (await admin.send('HEAD', path)).isOk();
  // Whatever the first request has left to do is done before these are.
  for (let later = 0; later < 10; later += 1) (await admin.get('/locations/')).isOk();
  expect(batches).toBe(1);
  const whole = (await admin.get(path)).isOk();
  stop();
  expect(batches).toBe(5);
  expect(whole.body<object[]>()).toHaveLength(1_602);
  for (const name of ['content-type', 'content-length', 'cache-control'])
    expect({ [name]: headers.get(name) }).toEqual({ [name]: whole.headers.get(name) });
});

testOnServer(
  'where the database fails in the middle of a list, the client can tell, and the log says why',
  async () => {
    const { hospital, admin } = await service.given.hospital();
    await service.given.crowd(hospital, 40_000);
    const accepted = once(service.app.getHttpServer(), 'connection') as Promise<[Socket]>;
    const socket = await connectTo(service.client.url);
    const [served] = await accepted;
    const headers = { Authorization: `Token ${admin.token}`, 'X-Request-Id': 'cut' };
    socket.write(rawRequest(`GET /api/v2/memberships/${String(hospital)}`, headers));
    await until(() => served.bytesWritten > 0);
    // The client reads nothing yet, so most of the list has not been read from the database either.
    const holder = await service.database.connect();
    await holder.query('BEGIN; LOCK TABLE membership');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined);
    const closed = once(socket, 'close');
    const waiting = await until(async () => (await waitingIn(holder, 'membership'))[0]);
    await holder.query('SELECT pg_terminate_backend($1)', [waiting]);
    await closed;
    await holder.query('ROLLBACK');
    await holder.end();
    const text = Buffer.concat(chunks).toString();
    expect(text).toMatch(/^HTTP\/1.1 200 /);
    expect(text).not.toMatch(/0\r\n\r\n$/);
    const lines = await until(() => {
      const found = service.log.filter((line) => line.includes('"reqId":"cut"'));
      return found.some((line) => line.includes('"code"')) ? found : undefined;
    });
    expect(lines.map((line) => JSON.parse(line) as object)).toContainEqual(
      expect.objectContaining({ level: 40, code: '57P01', msg: 'database unavailable' }),
    );
    expect(service.log.join('')).not.toMatch(/"level":50|terminating|administrator|SELECT|membership s/);
    await until(async () => (await admin.get(`/memberships/${String(hospital)}`)).status === 200);
  },
);
