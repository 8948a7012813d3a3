import { refusesBadKeys } from '../support/refusals.js';
import { useService } from '../support/service.js';

const service = useService();

describe.each(['/medics/me/', '//rest-auth/user/'])('GET %s', (path) => {
  refusesBadKeys(service, 'GET', async () => ({ actor: await service.given.medic(), path }));

  test('the response is the medic as returned by its id, with and without a trailing slash', async () => {
    const { member } = await service.given.hospital();
    const own = (await member.get(`/medics/${String(member.id)}`)).isOk({ id: member.id }).json;
    expect((await member.get(path)).isOk().json).toEqual(own);
    expect((await member.get(path.slice(0, -1))).isOk().json).toEqual(own);
  });

  test("the endpoint follows the API's conventions: HEAD, OPTIONS, 405, 406 and the cache header", async () => {
    const medic = await service.given.medic();
    const answer = (await medic.get(path)).isOk();
    expect(answer.headers.get('cache-control')).toBe('private, no-store');
    (await medic.send('HEAD', path)).is(200);
    const allow = 'GET, HEAD, OPTIONS';
    expect((await service.client.send('OPTIONS', path)).is(204).headers.get('allow')).toBe(allow);
    for (const method of ['PATCH', 'PUT', 'POST', 'DELETE']) {
      expect((await medic.send(method, path)).is(405).headers.get('allow')).toBe(allow);
    }
    (await medic.get(path, { headers: { accept: 'text/html' } })).is(406);
  });
});

test('a non-numeric id is a 404, and /medics/{id} has the same methods', async () => {
  const medic = await service.given.medic();
  (await medic.get('/medics/mee')).isNotFound();
  (await medic.get('/medics/ME')).isNotFound();
  (await medic.patch('/medics/mee', {})).isNotFound();
  (await medic.delete(`/medics/${String(medic.id)}`)).is(405);
});

describe('GET /', () => {
  const ask = (url: string, init: RequestInit = {}) => fetch(url, { redirect: 'manual', ...init });

  test("GET / redirects to the API's page without a token", async () => {
    const answer = await ask(`${service.client.url}/`, { headers: { accept: 'text/html' } });
    expect([answer.status, answer.headers.get('location')]).toEqual([302, '/docs']);
    expect((await fetch(service.client.url)).status).toBe(200);
  });

  test('GET / supports no other method', async () => {
    const answer = await ask(`${service.client.url}/`, { method: 'POST' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });
});

describe('behind a proxy with a path', () => {
  const proxied = useService({ PUBLIC_URL: 'https://api.example.org/base/' });

  test('behind a proxy with a path, GET / redirects to the page below that path', async () => {
    const answer = await fetch(proxied.client.url, { redirect: 'manual' });
    expect(answer.headers.get('location')).toBe('/base/docs');
  });
});
