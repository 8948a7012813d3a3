import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connectTo, rawRequest } from '../support/raw.js';
import { isServer } from '../support/server.js';
import { useService } from '../support/service.js';
import { until } from '../support/until.js';
import { waitingIn } from '../support/waiting.js';

const service = useService();

/** @returns all that arrives until the service closes the connection */
async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined);
  await once(socket, 'close');
  return Buffer.concat(chunks).toString();
}

/** @returns the request as bytes; the last one of a connection says so */
function requestOf(method: string, path: string, token: string, body = '', isLast = false): Buffer {
  const fields = { Authorization: `Token ${token}`, 'Content-Type': 'application/json' };
  return rawRequest(`${method} /api/v2${path}`, { ...fields, Connection: isLast ? 'close' : 'keep-alive' }, body);
}

async function pipeline(count: number, last = ''): Promise<string> {
  const { token } = await service.given.medic();
  const socket = await connectTo(service.client.url);
  const responses = readAll(socket);
  const request = `GET /api/v2/locations/ HTTP/1.1\r\nHost: x\r\nAuthorization: Token ${token}\r\n`;
  socket.write(`${`${request}\r\n`.repeat(count)}${last === '' ? '' : `${request}${last}\r\n\r\n`}`);
  return responses;
}

const statuses = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

test('32 pipelined requests on one connection all succeed, in order', async () => {
  expect(statuses(await pipeline(31, 'Connection: close'))).toEqual(Array<number>(32).fill(200));
});

test('the 33rd pipelined request is a 503 that closes the connection, and those before it succeed', async () => {
  const text = await pipeline(40);
  expect(statuses(text)).toEqual([...Array<number>(32).fill(200), 503]);
  const refusal = text.slice(text.lastIndexOf('HTTP/1.1'));
  expect(refusal).toMatch(/^retry-after: 1\r$/im);
  expect(refusal).toMatch(/^connection: close\r$/im);
  expect(refusal).toMatch(/^x-request-id: [\w-]+\r$/im);
  expect(refusal).toMatch(/\{"message":"The service is overloaded; try again shortly\."\}$/);
});

test('a connection with 100 pipelined requests is closed at once, and other clients are served', async () => {
  expect(statuses(await pipeline(100))).toEqual([]);
  const medic = await service.given.medic();
  (await medic.get('/locations/')).isOk([]);
});

test('a connection may send any number of requests one after another', async () => {
  const { token } = await service.given.medic();
  const socket = await connectTo(service.client.url);
  for (let number = 0; number < 100; number += 1) {
    socket.write(`GET /api/v2/locations/ HTTP/1.1\r\nHost: x\r\nAuthorization: Token ${token}\r\n\r\n`);
    const [response] = (await once(socket, 'data')) as [Buffer];
    expect(statuses(response.toString())).toEqual([200]);
  }
  socket.destroy();
});

describe('pipelined requests with unsafe methods', () => {
  test('a request that is pipelined after the revocation of its key is refused', async () => {
    const { token } = await service.given.medic();
    const socket = await connectTo(service.client.url);
    const responses = readAll(socket);
    socket.write(
      Buffer.concat([
        requestOf('GET', '/locations/', token),
        requestOf('DELETE', '/token-auth/', token),
        requestOf('GET', '/locations/', token),
        requestOf('GET', '/medics/', token, '', true),
      ]),
    );
    expect(statuses(await responses)).toEqual([200, 204, 401, 401]);
  });

  test('of 16 pipelined changes the last one wins', async () => {
    const { hospital, admin } = await service.given.hospital();
    const path = `/hospital/${String(hospital)}`;
    const socket = await connectTo(service.client.url);
    const responses = readAll(socket);
    const change = (_: unknown, number: number) =>
      requestOf('PATCH', path, admin.token, JSON.stringify({ name: String(number) }));
    socket.write(Buffer.concat([...Array.from({ length: 16 }, change), requestOf('GET', path, admin.token, '', true)]));
    expect(statuses(await responses)).toEqual([...Array<number>(16).fill(201), 200]);
    (await admin.get(path)).isOk({ name: '15' });
  });

  // The embedded database has one connection, which the first request would hold.
  (isServer ? test : test.skip)('a read waits for the change before it, even if that waits for a lock', async () => {
    const { hospital, admin } = await service.given.hospital();
    const path = `/hospital/${String(hospital)}`;
    const holder = await service.database.connect();
    // Changes wait for this lock, reads do not.
    await holder.query('BEGIN; LOCK TABLE hospital IN EXCLUSIVE MODE');
    const socket = await connectTo(service.client.url);
    const responses = readAll(socket);
    socket.write(
      Buffer.concat([
        requestOf('PATCH', path, admin.token, '{"name":"New"}'),
        requestOf('GET', path, admin.token, '', true),
      ]),
    );
    await until(async () => (await waitingIn(holder, 'hospital')).length > 0);
    // A request on another connection does not wait, and comes after a GET that was not held back.
    (await admin.get(path)).isOk({ name: 'Hospital' });
    await holder.query('ROLLBACK');
    await holder.end();
    const text = await responses;
    expect(statuses(text)).toEqual([201, 200]);
    expect(text.slice(text.lastIndexOf('HTTP/1.1'))).toContain('"name":"New"');
  });

  test('a connection that closes behind an unfinished change leaves nothing behind', async () => {
    const { hospital, admin } = await service.given.hospital();
    const path = `/hospital/${String(hospital)}`;
    const socket = await connectTo(service.client.url);
    const change = requestOf('PATCH', path, admin.token, '{"name":"New"}');
    socket.write(Buffer.concat(Array<Buffer>(20).fill(change)), () => socket.destroy());
    await until(async () => (await admin.get(path)).json !== undefined && service.app.getHttpServer().listening);
    const { connections } = service.app.getHttpAdapter().getInstance();
    await until(() => connections.inProgress === 0);
  });
});
