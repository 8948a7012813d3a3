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

describe('where CORS_ORIGINS is not set', () => {
  const service = useService();

  test('no origin is told that it may read anything', async () => {
    const medic = await service.given.medic();
    for (const answer of [
      await medic.get('/medics/', { headers: { origin: APP } }),
      await preflight(service, APP, 'GET'),
    ]) {
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });
});

describe('where CORS_ORIGINS names origins', () => {
  const service = useService({ CORS_ORIGINS: `${APP}, ${OTHER_APP}` });

  test.each([APP, OTHER_APP])('%s may read every answer, refusals included', async (origin) => {
    const medic = await service.given.medic();
    const headers = { origin };
    const answers = [
      (await medic.get('/medics/', { headers })).isOk(),
      (await medic.get('/medics/0', { headers })).isNotFound(),
      (await medic.post('/hospital/', '{', { headers })).is(400),
      (await medic.get('/medics/', { headers: { origin, accept: 'text/html' } })).is(406),
      (await service.client.get('/medics/', { headers })).isRefused('Invalid Token'),
    ];
    for (const answer of answers) {
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
      expect(answer.headers.get('vary')).toMatch(/\borigin\b/i);
    }
  });

  test.each([APP, OTHER_APP])('%s may read the 404 of a path that cannot be decoded', async (origin) => {
    const answer = await sendRaw(service.client.url, rawRequest('GET /api/v2/medics/%E0%A4%A', { Origin: origin }));
    const { headers } = answer.isNotFound();
    const { headers: usual } = (await service.client.get('/nothing', { headers: { origin } })).isNotFound();
    for (const name of ['access-control-allow-origin', 'access-control-expose-headers', 'vary'])
      expect([name, headers.get(name)]).toEqual([name, usual.get(name)]);
  });

  test('a stranger may not read the 404 of a path that cannot be decoded', async () => {
    const answer = await sendRaw(service.client.url, rawRequest('GET /%E0%A4%A', { Origin: STRANGER }));
    expect(answer.isNotFound().headers.get('access-control-allow-origin')).toBeNull();
  });

  test.each(['GET', 'POST', 'PATCH', 'DELETE'])('they may send a %s with a token', async (method) => {
    const answer = (await preflight(service, APP, method)).is(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe(APP);
    expect(answer.headers.get('access-control-allow-methods')).toContain(method);
    expect(answer.headers.get('access-control-allow-headers')).toMatch(/authorization/i);
  });

  test.each([STRANGER, 'null', 'https://APP.example.org:444', 'http://app.example.org'])(
    '%s may not read anything',
    async (origin) => {
      const medic = await service.given.medic();
      const answers = [await medic.get('/medics/', { headers: { origin } }), await preflight(service, origin, 'GET')];
      for (const { headers } of answers) expect(headers.get('access-control-allow-origin')).toBeNull();
    },
  );

  test('OPTIONS that is no question of a browser answers as ever', async () => {
    const answer = (await service.client.send('OPTIONS', '/medics/')).is(204);
    expect(answer.headers.get('allow')).toBe('GET, HEAD, OPTIONS, POST');
    (await service.client.send('OPTIONS', '/nothing')).isNotFound();
  });
});
