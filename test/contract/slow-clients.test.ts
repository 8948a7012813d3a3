import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connectTo, rawRequest, readResponse } from '../support/raw.js';
import { until } from '../support/until.js';
import { useService } from '../support/service.js';

const service = useService();

const server = () => service.app.getHttpServer();

test('the headers must arrive within 15 s, a request within 60 s, and an idle connection ends after 60 s', () => {
  const { headersTimeout, requestTimeout, timeout } = server();
  expect({ headersTimeout, requestTimeout, timeout }).toEqual({
    headersTimeout: 15_000,
    requestTimeout: 60_000,
    timeout: 60_000,
  });
});

test('a client that does not read its response is disconnected', async () => {
  const { hospital, admin } = await service.given.hospital();
  await service.given.crowd(hospital, 40_000);
  const accepted = once(server(), 'connection') as Promise<[Socket]>;
  const socket = await connectTo(service.client.url);
  const [served] = await accepted;
  socket.write(rawRequest(`GET /api/v2/memberships/${String(hospital)}`, { Authorization: `Token ${admin.token}` }));
  await until(() => served.bytesWritten > 0);
  // A second instead of the minute, once the list has begun: before, a slow database would count as a slow client.
  served.setTimeout(1000);
  await until(() => served.destroyed);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined);
  await until(() => socket.closed);
  const received = Buffer.concat(chunks).toString();
  expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(received).not.toMatch(/0\r\n\r\n$/);
  (await admin.get('/medics/')).isOk();
});

/** The same limits with shorter times, because no test waits a minute. */
describe('slow clients', () => {
  beforeAll(() => {
    Object.assign(server(), { headersTimeout: 500, requestTimeout: 1000 });
  });

  /** Sends one byte at a time until the connection ends. */
  function drip(socket: Socket, text: string): void {
    let at = 0;
    const timer = setInterval(() => {
      if (socket.destroyed || !socket.writable) clearInterval(timer);
      else socket.write(text.charAt(at++ % text.length));
    }, 50);
    socket.once('close', () => {
      clearInterval(timer);
    });
  }

  /** Expects a 408 in JSON, after which the service closes the connection. */
  async function expectTimeout(start: string, rest: string): Promise<void> {
    const before = await service.client.rows();
    const socket = await connectTo(service.client.url);
    const response = readResponse(socket);
    if (start !== '') socket.write(start);
    if (rest !== '') drip(socket, rest);
    expect((await response).isError(408).headers.get('connection')).toBe('close');
    const medic = await service.given.medic();
    (await medic.get('/medics/')).isOk();
    const hospitals = (rows: string) => (JSON.parse(rows) as [{ hospital: unknown }])[0].hospital;
    expect(hospitals(await service.client.rows())).toEqual(hospitals(before));
  }

  test('headers that never end are a 408', async () => {
    await expectTimeout('GET /api/v2/medics/ HTTP/1.1\r\nHost: x\r\n', 'X-A: b\r\n');
  });

  test('an idle connection is closed', async () => {
    await expectTimeout('', '');
  });

  test.each(['application/json', 'multipart/form-data; boundary=b'])(
    'a body of %s that never ends is a 408',
    async (type) => {
      const { token } = await service.given.medic();
      const fields = { Authorization: `Token ${token}`, 'Content-Type': type, 'Content-Length': '1000000' };
      const start = rawRequest('POST /api/v2/hospital/', fields).toString();
      await expectTimeout(`${start}--b\r\nContent-Disposition: form-data; name="name"\r\n\r\n`, 'x');
      expect(service.log.filter((line) => line.includes('"level":50'))).toEqual([]);
    },
  );

  test('a body that waits for others to arrive is a 408 in the end', async () => {
    const { bodyQueue, connections } = service.app.getHttpAdapter().getInstance();
    vi.spyOn(bodyQueue, 'takeSlow').mockReturnValue([]);
    Object.assign(server(), { requestTimeout: 60_000 });
    const header = { 'Content-Type': 'application/json', 'Content-Length': '1000000' };
    const responses: ReturnType<typeof readResponse>[] = [];
    // 33 of these fit into the 32 MB of bodies that may arrive at the same time. The last one is complete.
    for (let number = 1; number <= 34; number += 1) {
      const socket = await connectTo(service.client.url);
      responses.push(readResponse(socket));
      socket.write(rawRequest('POST /api/v2/token-auth/', header, ' '.repeat(number < 34 ? 1 : 1_000_000)));
      await until(() => connections.inProgress === number);
    }
    Object.assign(server(), { requestTimeout: 1 });
    for (const response of responses) (await response).isError(408);
    Object.assign(server(), { requestTimeout: 1000 });
    vi.restoreAllMocks();
    expect(service.log.filter((line) => line.includes('"level":50'))).toEqual([]);
  });

  test('a request that is refused before its body arrives gets only one response', async () => {
    const socket = await connectTo(service.client.url);
    const response = readResponse(socket);
    socket.write(rawRequest('GET /api/v2/medics/', { Connection: 'keep-alive', 'Content-Length': '1000' }));
    drip(socket, 'x');
    expect((await response).isRefused('Invalid Token').text).toBe('{"message":"Invalid Token"}');
  });
});
