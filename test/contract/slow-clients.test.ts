import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connectTo, rawRequest, readAnswer } from '../support/raw.js';
import { until } from '../support/until.js';
import { useService } from '../support/service.js';

const service = useService();

const server = () => service.app.getHttpServer();

test('a header may take 15 s, a request 60 s, and a connection may be silent for 60 s', () => {
  const { headersTimeout, requestTimeout, timeout } = server();
  expect({ headersTimeout, requestTimeout, timeout }).toEqual({
    headersTimeout: 15_000,
    requestTimeout: 60_000,
    timeout: 60_000,
  });
});

/** The limits as they are, but for their lengths: no test waits for a minute. */
describe('past these limits', () => {
  beforeAll(() => {
    Object.assign(server(), { headersTimeout: 500, requestTimeout: 1000 });
  });

  /** Sends one byte after another, slowly, until the connection ends. */
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

  /** Fails unless the service ends the connection, after 408 in JSON. */
  async function expectTimeout(start: string, rest: string): Promise<void> {
    const before = await service.client.rows();
    const socket = await connectTo(service.client.url);
    const answer = readAnswer(socket);
    if (start !== '') socket.write(start);
    if (rest !== '') drip(socket, rest);
    expect((await answer).isError(408).headers.get('connection')).toBe('close');
    const medic = await service.given.medic();
    (await medic.get('/medics/')).isOk();
    const hospitals = (rows: string) => (JSON.parse(rows) as [{ hospital: unknown }])[0].hospital;
    expect(hospitals(await service.client.rows())).toEqual(hospitals(before));
  }

  test('a header that never ends is a 408', async () => {
    await expectTimeout('GET /api/v2/medics/ HTTP/1.1\r\nHost: x\r\n', 'X-A: b\r\n');
  });

  test('a connection over which nothing comes is ended', async () => {
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

  test('a request that is answered before its body has come gets no second answer', async () => {
    const socket = await connectTo(service.client.url);
    const answer = readAnswer(socket);
    socket.write(rawRequest('GET /api/v2/medics/', { Connection: 'keep-alive', 'Content-Length': '1000' }));
    drip(socket, 'x');
    expect((await answer).isRefused('Invalid Token').text).toBe('{"message":"Invalid Token"}');
  });

  test('a client that does not read its answer is let go', async () => {
    server().timeout = 1000;
    const { hospital, admin } = await service.given.hospital();
    await service.given.crowd(hospital, 40_000);
    const accepted = once(server(), 'connection') as Promise<[Socket]>;
    const socket = await connectTo(service.client.url);
    const [served] = await accepted;
    socket.write(rawRequest(`GET /api/v2/memberships/${String(hospital)}`, { Authorization: `Token ${admin.token}` }));
    await until(() => served.bytesWritten > 0);
    await until(() => served.destroyed);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined);
    await once(socket, 'close');
    expect(Buffer.concat(chunks).toString()).not.toMatch(/0\r\n\r\n$/);
    (await admin.get('/medics/')).isOk();
  });
});
