import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { pino } from 'pino';
import { Connections } from '../../src/http/server/connections.js';
import type { ConnectionBounds } from '../../src/http/server/open-files.js';
import { connectTo } from '../support/raw.js';
import { useService } from '../support/service.js';
import { until } from '../support/until.js';

/** More than a connection may have unread, and than the operating system takes from the process. */
const LARGE = Buffer.alloc(32 * 1024 * 1024, 'x');

const head = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const statuses = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

/** Servers of this test, with bounds that a test can reach. */
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A client that reads only when told to. */
class Peer {
  readonly chunks: Buffer[] = [];
  private isClosed = false;

  constructor(readonly socket: Socket) {
    socket.pause().on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => this.chunks.push(chunk)).pause();
    socket.on('close', () => (this.isClosed = true));
  }

  send(path: string): this {
    this.socket.write(head(path));
    return this;
  }

  /** @returns all statuses until the server closes the connection, or `count` of them */
  async statuses(count = Infinity): Promise<number[]> {
    this.socket.resume();
    const found = () => statuses(Buffer.concat(this.chunks).toString('latin1'));
    await until(() => this.isClosed || found().length >= count);
    return found();
  }
}

/** @returns a server within `bounds`: `/wait` responds when told to, `/large` with {@link LARGE}, other paths at once */
async function serve(bounds: ConnectionBounds) {
  const waiting: ServerResponse[] = [];
  const handle: RequestListener = (request, response) => {
    if (request.url === '/wait') waiting.push(response);
    else response.end(request.url === '/large' ? LARGE : '');
  };
  const connections = new Connections(bounds, pino({ level: 'silent' }));
  const server = createServer(handle);
  connections.watch(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const open = async () => new Peer(await connectTo(`http://127.0.0.1:${String(port)}`));
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  /** Opens a connection whose request is in progress. */
  const wait = async () => {
    const before = waiting.length;
    const peer = (await open()).send('/wait');
    await until(() => waiting.length > before);
    return peer;
  };
  const finish = () => {
    for (const response of waiting.splice(0)) response.end();
  };
  return { connections, open, wait, finish };
}

test('beyond the bound of requests in progress a request is a 503, liveness is not, and those in progress finish', async () => {
  const { open, wait, finish } = await serve({ connections: 100, requests: 2 });
  const inProgress = [await wait(), await wait()];
  expect(await (await open()).send('/').statuses(1)).toEqual([503]);
  expect(await (await open()).send('/health/live').statuses(1)).toEqual([200]);
  finish();
  for (const peer of inProgress) expect(await peer.statuses(1)).toEqual([200]);
  expect(await (await open()).send('/').statuses(1)).toEqual([200]);
});

test('beyond the bound of requests in progress a client that does not read is closed, and the new request succeeds', async () => {
  const { connections, open, wait, finish } = await serve({ connections: 100, requests: 2 });
  const slow = (await open()).send('/large');
  const patient = await wait();
  await until(() => connections.inProgress === 2);
  expect(await (await open()).send('/').statuses(1)).toEqual([200]);
  await slow.statuses();
  expect(Buffer.concat(slow.chunks).length).toBeLessThan(LARGE.length);
  finish();
  expect(await patient.statuses(1)).toEqual([200]);
});

test('beyond the bound of connections an idle one is closed for a new one, and if none is idle the new one is closed', async () => {
  const { open, wait, finish } = await serve({ connections: 2, requests: 100 });
  const idle = await open();
  const first = await wait();
  const second = await wait();
  expect(await idle.statuses()).toEqual([]);
  expect(await (await open()).send('/').statuses()).toEqual([]);
  finish();
  for (const peer of [first, second]) expect(await peer.statuses(1)).toEqual([200]);
});

test('a connection with more than 8 MB unread gets a 503 for its next request, which closes it', async () => {
  const { connections, open } = await serve({ connections: 100, requests: 100 });
  const peer = (await open()).send('/large');
  await until(() => connections.inProgress === 1);
  expect(await peer.send('/').statuses()).toEqual([200, 503]);
});

describe('with a rate limit', () => {
  const service = useService({ RATE_LIMIT: '100000' });

  test('requests whose connection is closed while they are in progress cause no error', async () => {
    const { token } = await service.given.medic();
    const socket = await connectTo(service.client.url);
    // So many at once close the connection, while the first of them are in progress.
    socket.write(`GET /api/v2/locations/ HTTP/1.1\r\nHost: x\r\nAuthorization: Token ${token}\r\n\r\n`.repeat(100));
    await once(socket.on('error', () => undefined).resume(), 'close');
    (await service.client.get('/locations/', { token })).isOk([]);
    expect(service.log.filter((line) => line.includes('"level":50'))).toEqual([]);
  });
});
