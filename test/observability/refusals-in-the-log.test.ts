import { startTogether, Service } from '../support/service.js';
import { until } from '../support/until.js';

interface Line {
  readonly reqId: string;
  readonly status?: number;
  readonly client?: string;
}

const plain = new Service({ RATE_LIMIT: '2' });
const hashed = new Service({ LOG_ADDRESS_KEY: 'a key of 16 chars' });
beforeAll(() => startTogether(plain, hashed));
afterAll(async () => {
  await plain.stop();
  await hashed.stop();
});

/** Sends a request. @returns its status and the address in its line of the log */
async function clientOf(service: Service, id: string, headers: Record<string, string> = {}) {
  const { status } = await service.client.get('/locations/', { headers: { ...headers, 'x-request-id': id } });
  // A busy machine sheds a request with a 503 and another line, and the client sends it again.
  const isIts = (line: Line) => line.reqId === id && line.status === status;
  const line = await until(() => service.log.map((text) => JSON.parse(text) as Line).find(isIts));
  return [status, line.client];
}

test('the line of a 401 or a 429 has the address of the client, and no other line has', async () => {
  const medic = await plain.given.medic();
  const authorization = `Token ${medic.token}`;
  expect(await clientOf(plain, 'refused')).toEqual([401, '127.0.0.1']);
  expect(await clientOf(plain, 'known', { authorization })).toEqual([200, undefined]);
  expect(await clientOf(plain, 'again', { authorization })).toEqual([200, undefined]);
  expect(await clientOf(plain, 'too-many', { authorization })).toEqual([429, '127.0.0.1']);
});

test('with LOG_ADDRESS_KEY the line has a hash, which is the same for the same client', async () => {
  const [status, client] = await clientOf(hashed, 'first');
  expect([status, client]).toEqual([401, expect.stringMatching(/^[0-9a-f]{16}$/)]);
  expect(await clientOf(hashed, 'second')).toEqual([401, client]);
});
