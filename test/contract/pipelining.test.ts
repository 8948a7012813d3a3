import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connectTo } from '../support/raw.js';
import { useService } from '../support/service.js';

const service = useService();

/** @returns all that arrives until the service closes the connection */
async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined);
  await once(socket, 'close');
  return Buffer.concat(chunks).toString();
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
