import { METHODS } from 'node:http';
import { generateKey } from '../../src/auth/token-key.js';
import { HOSPITAL } from '../support/bodies.js';
import { rawRequest, sendRaw } from '../support/raw.js';
import { useService } from '../support/service.js';
import { listen } from '../support/statements.js';

const service = useService();

const LISTS = ['/hospital/', '/management/memberships/', '/locations/', '/medics/', '/search/medics/'];
const NO_IDS = [
  '0',
  '-1',
  '2147483648',
  '99999999999999999999',
  '1.5',
  'x',
  '1e3',
  '0x1',
  '%00',
  '%zz',
  '%F0%9F%98%80',
];

describe('paths', () => {
  test('a path gives the same response with and without a trailing slash', async () => {
    const { admin, hospital, membership } = await service.given.hospital();
    const things = [`/hospital/${String(hospital)}`, `/memberships/${String(hospital)}`, `/medics/${String(admin.id)}`];
    for (const path of [...LISTS, ...things, `/management/memberships/${String(membership)}`]) {
      const bare = path.replace(/\/$/, '');
      const [without, withSlash] = [await admin.get(`${bare}?limit=5`), await admin.get(`${bare}/?limit=5`)];
      expect([without.status, without.text]).toEqual([200, withSlash.text]);
    }
    (await admin.post('/hospital', HOSPITAL)).isCreated();
    (await admin.post('/hospital/', HOSPITAL)).isCreated();
    (await admin.patch(`/management/memberships/${String(membership)}/`, {})).isCreated();
    (await admin.delete(`/management/memberships/${String(membership)}/`)).isCreated({ is_deleted: true });
    (await admin.patch('/locations/update', { hospital_id: hospital })).isOk();
  });

  test('an unknown path is a 404 before the token or the method is checked', async () => {
    for (const path of ['/', '/nothing', '/hospital/1/2', '/medics/1/token-of-nobody', '//nothing']) {
      (await service.client.get(path)).isNotFound();
      (await service.client.send('PUT', path)).isNotFound();
    }
  });

  test.each(['access/v1', 'events', 'record', 'oauth2', '.well-known', 'version'])(
    'an unknown path below /%s is a 404 in problem details, like the errors of the routes beside it',
    async (room) => {
      for (const method of ['GET', 'PUT']) {
        const answer = (await service.client.send(method, `//${room}/nothing?x=1`)).is(404, { status: 404 });
        expect(answer.headers.get('content-type')).toBe('application/problem+json');
        expect(answer.headers.get('cache-control')).toBe('private, no-store');
      }
      (await service.client.get(`//${room.replace('/v1', '')}x`)).isNotFound();
    },
  );

  test.each(NO_IDS)('a path with the id %s is a 404', async (id) => {
    const medic = await service.given.medic();
    for (const path of ['/management/memberships/', '/memberships/', '/hospital/', '/medics/']) {
      (await medic.get(path + id)).isNotFound();
      if (path !== '/memberships/') (await medic.patch(path + id, { name: 1, is_active: 'x' })).isNotFound();
    }
    (await medic.delete(`/management/memberships/${id}`)).isNotFound();
  });
});

describe('a token', () => {
  test('the scheme of a token is case-insensitive', async () => {
    const medic = await service.given.medic();
    for (const scheme of ['Token', 'token', 'TOKEN', 'tOkEn', 'Token  ']) {
      (await service.client.get('/locations/', { headers: { authorization: `${scheme} ${medic.token}` } })).isOk();
    }
  });

  test('a missing token, another scheme, and a key that is unknown, expired, revoked or of a deactivated medic are Invalid Token', async () => {
    const medic = await service.given.medic();
    const deactivated = await service.given.medic({ isActive: false });
    const expired = await service.given.token(medic.id, new Date(Date.now() - 1000));
    const revoked = await service.given.medic();
    await service.dataSource.query('UPDATE api_token SET revoked_at = now() WHERE medic_id = $1', [revoked.id]);
    const keys = [generateKey(), expired, revoked.token, deactivated.token, medic.token.toUpperCase(), 'hmk_', '"', ''];
    const others = [
      '',
      medic.token,
      `Bearer ${medic.token}`,
      `Token${medic.token}`,
      `Token ${medic.token} x`,
      `XToken ${medic.token}`,
      'Token',
    ];
    (await service.client.get('/locations/')).isRefused('Invalid Token');
    for (const authorization of [...others, ...keys.map((key) => `Token ${key}`)]) {
      (await service.client.get('/locations/', { headers: { authorization } })).isRefused('Invalid Token');
    }
    (await service.client.get(`/locations/?token=${medic.token}`)).isRefused('Invalid Token');
  });

  test('a malformed key is refused without a database query', async () => {
    const lookups: string[] = [];
    // Nothing in the background looks for a digest.
    const stop = listen((_, text) => {
      if (text.includes('digest')) lookups.push(text);
    });
    const wrong = generateKey().replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    for (const authorization of ['Token', 'Token x', 'Bearer x', `Token ${wrong}`]) {
      (await service.client.get('/locations/', { headers: { authorization } })).isRefused('Invalid Token');
    }
    expect(lookups).toEqual([]);
    (await service.client.get('/locations/', { token: generateKey() })).isRefused('Invalid Token');
    stop();
    expect(lookups).toHaveLength(1);
  });
});

describe('methods', () => {
  test('a method that a path does not support is a 405 with an Allow header, unusual methods included', async () => {
    const unusual = METHODS.filter(
      (method) => !['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST'].includes(method),
    );
    for (const method of unusual) {
      const line = `${method} /api/v2/management/memberships/`;
      const response = await sendRaw(service.client.url, rawRequest(line, { 'Content-Type': 'text/plain' }, '{'));
      response.isError(405, method);
      expect(response.headers.get('allow')).toBe('GET, HEAD, OPTIONS, POST');
    }
    for (const path of ['/hospital/1', '/hospital/1/']) {
      const response = (await service.client.send('PUT', path, { body: HOSPITAL })).is(405);
      expect(response.headers.get('allow')).toBe('GET, HEAD, OPTIONS, PATCH');
    }
  });

  test('OPTIONS needs no token and returns 204 with the methods of the path', async () => {
    const headers = { accept: 'text/html' };
    for (const path of ['/management/memberships/7', '/management/memberships/7/']) {
      const response = (await service.client.send('OPTIONS', path, { headers })).is(204);
      expect([response.headers.get('allow'), response.text]).toEqual(['DELETE, GET, HEAD, OPTIONS, PATCH', '']);
    }
    (await service.client.send('OPTIONS', '/nothing')).isNotFound();
  });

  test('HEAD returns the headers of GET without a body', async () => {
    const { admin, hospital, outsider } = await service.given.hospital();
    for (const path of ['/medics/', `/memberships/${String(hospital)}`, `/hospital/${String(hospital)}`, '/nothing']) {
      for (const caller of [admin, outsider]) {
        const [get, head] = [await caller.get(path), await caller.send('HEAD', path)];
        expect([head.status, head.text]).toEqual([get.status, '']);
        expect(head.headers.get('content-type')).toBe(get.headers.get('content-type'));
        expect(head.headers.get('content-length')).toBe(get.headers.get('content-length'));
      }
    }
  });
});

describe('content negotiation', () => {
  test('a response is JSON in UTF-8', async () => {
    const medic = await service.given.medic();
    for (const path of ['/medics/', '/locations/', '/nothing', '/medics/x', '/medics/?limit=x']) {
      expect((await medic.get(path)).headers.get('content-type')).toBe('application/json; charset=utf-8');
    }
  });

  test.each(['text/html', 'image/*', 'application/json;q=0', 'application/xml, text/plain;q=0.5'])(
    'a client that accepts only %s gets a 406',
    async (accept) => {
      const medic = await service.given.medic();
      (await medic.get('/medics/', { headers: { accept } })).isError(406);
      (await medic.post('/hospital/', HOSPITAL, { headers: { accept } })).is(406);
      (await medic.get('/nothing', { headers: { accept } })).isNotFound();
      (await medic.send('PUT', '/medics/', { headers: { accept } })).is(405);
    },
  );

  test.each(['*/*', 'application/*', 'application/json; charset=utf-8', 'text/html, application/json;q=0.1', ''])(
    'a client that accepts %j gets JSON',
    async (accept) => {
      const medic = await service.given.medic();
      (await medic.get('/medics/', { headers: { accept } })).isOk();
    },
  );
});

describe('headers', () => {
  test('no response of the API may be stored by a cache, refusals included', async () => {
    const medic = await service.given.medic();
    const responses = [
      await medic.get('/medics/'),
      await medic.post('/hospital/', HOSPITAL),
      await medic.post('/hospital/', {}),
      await medic.post('/hospital/', '{'),
      await medic.post('/hospital/', 'x', { headers: { 'content-type': 'text/plain' } }),
      await medic.get('/medics/', { headers: { accept: 'text/html' } }),
      await medic.get('/medics/%zz'),
      await medic.get('/nothing'),
      await medic.send('PUT', '/medics/'),
      await medic.send('OPTIONS', '/medics/'),
      await service.client.get('/medics/'),
    ];
    expect(responses.map(({ status }) => status)).toEqual([200, 201, 400, 400, 415, 406, 404, 404, 405, 204, 401]);
    expect(responses.map(({ headers }) => headers.get('cache-control'))).toEqual(
      responses.map(() => 'private, no-store'),
    );
  });

  test.each(['a', 'A-Z_a.z-0.9', 'x'.repeat(128)])('the X-Request-Id %s of the caller is returned', async (id) => {
    const headers = { 'x-request-id': id };
    for (const path of [
      '/api/v2/medics/',
      '/nothing',
      '/api/v2/medics/%zz',
      '/health/live',
      '/openapi.json',
      '/docs',
    ]) {
      expect((await fetch(service.client.url + path, { headers })).headers.get('x-request-id')).toBe(id);
    }
  });

  test.each(['', 'x'.repeat(129), 'a b', 'a/b', 'a,b', 'é', 'a@b'])(
    'an invalid X-Request-Id is replaced: %j',
    async (id) => {
      const send = async () => (await service.client.get('/medics/', { headers: { 'x-request-id': id } })).headers;
      const [one, two] = [(await send()).get('x-request-id'), (await send()).get('x-request-id')];
      expect(one).toMatch(/^[A-Za-z0-9._-]{1,128}$/);
      expect(one).not.toBe(two);
    },
  );
});

test.each([
  ['2020-11-04T01:12:12.017392Z', '2020-11-04T01:12:12.017392Z'],
  ['2020-11-04T01:12:12Z', '2020-11-04T01:12:12.000000Z'],
  ['2024-02-29T23:59:59.999999-06:00', '2024-03-01T05:59:59.999999Z'],
])('the timestamp %s is returned in UTC with microseconds: %s', async (stored, returned) => {
  const { hospital, admin, adminship } = await service.given.hospital();
  await service.dataSource.query('UPDATE membership SET date_joined = $1 WHERE id = $2', [stored, adminship]);
  await service.dataSource.query('UPDATE hospital SET created_at = $1 WHERE id = $2', [stored, hospital]);
  (await admin.get(`/management/memberships/${String(adminship)}`)).isOk({ date_joined: returned });
  (await admin.get(`/hospital/${String(hospital)}`)).isOk({ created_at: returned });
  (await admin.changeMembership(adminship, {})).isCreated({ date_joined: returned });
});
