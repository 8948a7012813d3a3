import { boundsOf, openFileLimit } from '../../src/http/server/open-files.js';
import { withoutPorts } from '../../src/http/server/forwarded-for.js';
import { useService } from '../support/service.js';

test.each([
  [Number.POSITIVE_INFINITY, 2000, 1000],
  [1_048_576, 2000, 1000],
  [4096, 1948, 1000],
  [1024, 412, 412],
  [256, 28, 28],
  [64, 16, 16],
])('a process that may open %s files allows %s connections and %s concurrent requests', (files, most, requests) => {
  expect(boundsOf(files)).toEqual({ connections: most, requests });
});

test('the limit of open files is read from the operating system', () => {
  expect(openFileLimit()).toBeGreaterThan(0);
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['192.0.2.1:4711', '192.0.2.1'],
  ['[2001:db8::1]:4711', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['2001:db8::1', '2001:db8::1'],
  ['192.0.2.1:4711, [2001:db8::1]:80,10.0.0.1', '192.0.2.1, 2001:db8::1, 10.0.0.1'],
  ['unknown, _hidden:80', 'unknown, _hidden:80'],
  ['', ''],
])('X-Forwarded-For: %s contains the addresses %s', (forwarded, addresses) => {
  expect(withoutPorts(forwarded)).toBe(addresses);
});

describe("behind a proxy that adds the client's port", () => {
  const service = useService({ TRUST_PROXY: 'true', RATE_LIMIT: '5' });

  test.each(['192.0.2.7', '[2001:db8:0:7::1]'])(
    'behind a proxy %s counts as one address, whatever its port',
    async (address) => {
      const statuses: number[] = [];
      for (let port = 1; port <= 7; port += 1) {
        const headers = { 'x-forwarded-for': `${address}:${String(port)}` };
        statuses.push((await service.client.get('/nothing', { headers })).status);
      }
      expect(statuses).toEqual([404, 404, 404, 404, 404, 429, 429]);
    },
  );
});
