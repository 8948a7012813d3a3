import { rawRequest, sendRaw } from '../support/raw.js';
import { useService, type Service } from '../support/service.js';

const [APP, OTHER_APP, STRANGER] = [
  'https://app.example.org',
  'http://localhost:5173',
  'https://app.example.org.evil.example',
];

function preflight(service: Service, origin: string, method: string) {
  return service.client.send('OPTIONS', '/management/memberships/1', {
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'authorization, content-type, x-request-id',
    },
  });
}

describe('without CORS_ORIGINS', () => {
  const service = useService();

  test('without CORS_ORIGINS no response carries a CORS header', async () => {
    const medic = await service.given.medic();
    for (const response of [
      await medic.get('/medics/', { headers: { origin: APP } }),
      await preflight(service, APP, 'GET'),
    ]) {
      expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });
});

describe('with CORS_ORIGINS', () => {
  const service = useService({ CORS_ORIGINS: `${APP}, ${OTHER_APP}` });

  test.each([APP, OTHER_APP])('the allowed origin %s may read every response, refusals included', async (origin) => {
    const medic = await service.given.medic();
    const headers = { origin };
    const responses = [
      (await medic.get('/medics/', { headers })).isOk(),
      (await medic.get('/medics/0', { headers })).isNotFound(),
      (await medic.post('/hospital/', '{', { headers })).is(400),
      (await medic.get('/medics/', { headers: { origin, accept: 'text/html' } })).is(406),
      (await service.client.get('/medics/', { headers })).isRefused('Invalid Token'),
    ];
    for (const response of responses) {
      expect(response.headers.get('access-control-allow-origin')).toBe(origin);
      expect(response.headers.get('vary')).toMatch(/\borigin\b/i);
    }
  });

  test.each([APP, OTHER_APP])(
    'the allowed origin %s may read the 404 of a path that cannot be decoded',
    async (origin) => {
      const response = await sendRaw(service.client.url, rawRequest('GET /api/v2/medics/%E0%A4%A', { Origin: origin }));
      const { headers } = response.isNotFound();
      const { headers: usual } = (await service.client.get('/nothing', { headers: { origin } })).isNotFound();
      for (const name of ['access-control-allow-origin', 'access-control-expose-headers', 'vary'])
        expect([name, headers.get(name)]).toEqual([name, usual.get(name)]);
    },
  );

  test('an origin that is not allowed may not read the 404 of a path that cannot be decoded', async () => {
    const response = await sendRaw(service.client.url, rawRequest('GET /%E0%A4%A', { Origin: STRANGER }));
    expect(response.isNotFound().headers.get('access-control-allow-origin')).toBeNull();
  });

  test.each(['GET', 'POST', 'PATCH', 'DELETE'])('an allowed origin may send a %s with a token', async (method) => {
    const response = (await preflight(service, APP, method)).is(204);
    expect(response.headers.get('access-control-allow-origin')).toBe(APP);
    expect(response.headers.get('access-control-allow-methods')).toContain(method);
    expect(response.headers.get('access-control-allow-headers')).toMatch(/authorization/i);
  });

  test.each([STRANGER, 'null', 'https://APP.example.org:444', 'http://app.example.org'])(
    'the origin %s, which is not allowed, may read nothing',
    async (origin) => {
      const medic = await service.given.medic();
      const responses = [await medic.get('/medics/', { headers: { origin } }), await preflight(service, origin, 'GET')];
      for (const { headers } of responses) expect(headers.get('access-control-allow-origin')).toBeNull();
    },
  );

  test('OPTIONS that is not a preflight responds as usual', async () => {
    const response = (await service.client.send('OPTIONS', '/medics/')).is(204);
    expect(response.headers.get('allow')).toBe('GET, HEAD, OPTIONS, POST');
    (await service.client.send('OPTIONS', '/nothing')).isNotFound();
  });
});
