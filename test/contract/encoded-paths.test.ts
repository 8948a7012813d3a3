import { rawRequest, sendRaw } from '../support/raw.js';
import { useService } from '../support/service.js';

describe('a path with an empty segment', () => {
  const service = useService();

  test.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE'])(
    'a %s of a path with an empty segment is a 404, as of any unknown path',
    async (method) => {
      for (const path of [
        '/api/v2/medics//',
        '/api/v2/memberships//',
        '/api/v2/management/memberships//',
        '/pictures//',
      ]) {
        for (const headers of [{}, { 'Content-Type': 'multipart/form-data', 'Content-Length': '0' }]) {
          const response = await sendRaw(service.client.url, rawRequest(`${method} ${path}`, headers));
          expect([path, response.status, response.headers.get('allow')]).toEqual([path, 404, null]);
        }
      }
    },
  );
});

/** Percent-encoded spellings of the base path, which match the same routes. */
const SPELLINGS = ['/%61pi/v2', '/api/%76%32', 'http://elsewhere.example/api/v2'];

describe('percent-encoded spellings of the base path', () => {
  const service = useService({ CORS_ORIGINS: 'https://app.example.org' });

  async function send(method: string, target: string, headers: Record<string, string> = {}) {
    const { token } = await service.given.medic();
    const request = rawRequest(`${method} ${target}`, { Authorization: `Token ${token}`, ...headers });
    return sendRaw(service.client.url, request);
  }

  describe.each(SPELLINGS)('%s', (base) => {
    test.each([
      ['GET', '/locations/', 200],
      ['GET', '/medics/?limit=x', 400],
      ['GET', '/nothing', 404],
      ['GET', '/medics/%zz', 404],
      ['OPTIONS', '/nothing', 404],
      ['PUT', '/medics/', 405],
    ])(
      'the response to %s %s has a request id and security headers, and may not be cached',
      async (method, path, status) => {
        const { headers } = (await send(method, base + path, { 'X-Request-Id': 'known' })).is(status);
        expect(headers.get('cache-control')).toBe('private, no-store');
        expect(headers.get('x-request-id')).toBe('known');
        expect(headers.get('x-content-type-options')).toBe('nosniff');
      },
    );

    test('a client that does not accept JSON is refused', async () => {
      (await send('GET', `${base}/locations/`, { Accept: 'text/html' })).isError(406);
    });

    test('a Host that no link could be built from is refused', async () => {
      (await send('GET', `${base}/medics/?offset=1`, { Host: 'a b' })).isError(400, /Host/);
    });

    test('links name the host of the request', async () => {
      const response = (await send('GET', `${base}/medics/?offset=1`, { Host: 'x:8080' })).isOk();
      const path = base.replace('http://elsewhere.example', '');
      expect(response.json).toMatchObject({ previous: `http://x:8080${path}/medics/?limit=15&offset=0` });
    });
  });
});

describe('percent-encoded paths with RATE_LIMIT=5', () => {
  const service = useService({ RATE_LIMIT: '5' });

  test.each(SPELLINGS)('requests to %s share one rate limit with the other spellings', async (base) => {
    const { token } = await service.given.medic();
    const send = (path: string) =>
      sendRaw(service.client.url, rawRequest(`GET ${path}/locations/`, { Authorization: `Token ${token}` }));
    for (let sent = 0; sent < 4; sent += 1) (await send(base)).isOk();
    (await send('/api/v2')).isOk();
    (await send(base)).isError(429);
    (await send('/api/v2')).isError(429);
  });
});
