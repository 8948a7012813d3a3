import { generateKey } from '../../src/auth/token-key.js';
import type { Actor } from '../support/actor.js';
import { useService } from '../support/service.js';

/** Sends this many requests, all of which succeed. */
async function use(medic: Actor, requests: number): Promise<void> {
  for (let sent = 0; sent < requests; sent += 1) (await medic.get('/locations/')).isOk();
}

describe('with RATE_LIMIT=5', () => {
  const service = useService({ RATE_LIMIT: '5' });

  test('the sixth request of a token within a minute is a 429 with Retry-After', async () => {
    const medic = await service.given.medic();
    await use(medic, 5);
    const response = (await medic.get('/locations/')).isError(429, /^Too many requests; try again in \d+ s\.$/);
    const seconds = Number(response.headers.get('retry-after'));
    expect(seconds).toBeGreaterThanOrEqual(1);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(Number.isInteger(seconds)).toBe(true);
  });

  test('an exhausted token affects no other token, not even of the same medic', async () => {
    const [medic, other] = [await service.given.medic(), await service.given.medic()];
    await use(medic, 5);
    (await medic.get('/locations/')).isError(429);
    await use(other, 5);
    (await medic.get('/locations/', { token: await service.given.token(medic.id) })).isOk();
  });

  test('the spelling of the scheme does not change which token is limited', async () => {
    const { token } = await service.given.medic();
    const send = (scheme: string) =>
      service.client.get('/locations/', { headers: { authorization: `${scheme}${token}` } });
    for (const scheme of ['Token ', 'token ', 'TOKEN ', 'Token  ', 'tOKEN   ']) (await send(scheme)).isOk();
    (await send('ToKeN ')).isError(429);
  });

  test('every method and path counts, refused requests included', async () => {
    const medic = await service.given.medic();
    (await medic.get('/medics/')).isOk();
    (await medic.get('/medics/0')).isNotFound();
    (await medic.post('/hospital/', {})).is(400);
    (await medic.send('HEAD', '/medics/')).isOk();
    (await medic.patch('/hospital/1')).isNotFound();
    (await medic.post('/hospital/', {})).isError(429);
  });

  test('requests whose Accept header is refused count too', async () => {
    const medic = await service.given.medic();
    const headers = { accept: 'text/xml' };
    await use(medic, 1);
    for (let sent = 1; sent < 5; sent += 1) (await medic.get('/locations/', { headers })).isError(406);
    (await medic.get('/locations/', { headers })).isError(429);
  });

  test('health checks are not limited', async () => {
    for (const path of ['/health/live', '/health/ready']) {
      for (let sent = 0; sent < 7; sent += 1) expect((await fetch(service.client.url + path)).status).toBe(200);
    }
  });

  test('requests without a token are limited by address', async () => {
    for (let sent = 0; sent < 5; sent += 1) (await service.client.get('/medics/')).isRefused('Invalid Token');
    (await service.client.get('/medics/')).isError(429);
  });
});

describe('the limit of an address', () => {
  const service = useService({ RATE_LIMIT: '5', TRUST_PROXY: 'true' });
  let address = 0;

  /** @returns a function that sends requests from a fresh address, each with another key */
  function newAddress(key: () => string = generateKey) {
    address += 1;
    const from = `192.0.2.${String(address)}`;
    return (method: string, path: string, body?: unknown) =>
      service.client.send(method, path, { token: key(), headers: { 'x-forwarded-for': from }, body });
  }

  test.each([
    ['GET', `/pictures/${'0'.repeat(64)}`, 404],
    ['POST', '/token-auth/', 400],
    ['GET', '/nothing', 404],
    ['POST', '/nothing', 404],
    ['GET', '//nowhere', 404],
    ['PUT', '/medics/', 405],
    ['OPTIONS', '/medics/', 204],
  ])(
    'an address is limited whichever keys it sends to a route that does not check them: %s %s',
    async (method, path, status) => {
      const send = newAddress();
      for (let sent = 0; sent < 5; sent += 1) (await send(method, path)).is(status);
      (await send(method, path)).isError(429);
    },
  );

  test('the OpenAPI document, /docs and its resources are limited by address', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.1' };
    const get = async (path: string) => (await fetch(service.client.url + path, { headers })).status;
    for (const path of ['/openapi.json', '/docs', '/docs/swagger-ui.css', '/openapi.json', '/docs'])
      expect([path, await get(path)]).toEqual([path, 200]);
    expect([await get('/openapi.json'), await get('/docs/swagger-ui.css')]).toEqual([429, 429]);
  });

  test('an address is limited whichever malformed keys it sends', async () => {
    let number = 0;
    const send = newAddress(() => `hmk_${String((number += 1))}`);
    for (let sent = 0; sent < 5; sent += 1) (await send('GET', '/medics/')).isRefused('Invalid Token');
    (await send('GET', '/medics/')).isError(429);
  });

  test('requests to unknown paths do not reduce the limit of a valid key', async () => {
    const send = newAddress();
    for (let sent = 0; sent < 6; sent += 1) await send('GET', '/nothing');
    const { token } = await service.given.medic();
    const headers = { 'x-forwarded-for': `192.0.2.${String(address)}` };
    for (let sent = 0; sent < 5; sent += 1) (await service.client.get('/locations/', { token, headers })).isOk();
  });

  test.each([
    ['an IPv6 address shares the limit of its /64', (n: number) => `2001:db8:0:1:${String(n)}::1`, '2001:db8:0:2::1'],
    ['an IPv4 address written as IPv6 has the same limit', () => '::ffff:198.51.100.1', '198.51.100.2'],
    ['a link-local address is limited without its zone', (n: number) => `fe80::1%eth${String(n)}`, 'fe80:0:0:1::1'],
  ])('%s', async (_, addressOf, other) => {
    const send = (from: string) => service.client.get('/medics/', { headers: { 'x-forwarded-for': from } });
    for (let sent = 0; sent < 5; sent += 1) (await send(addressOf(sent))).isRefused('Invalid Token');
    (await send(addressOf(6))).isError(429);
    (await send(other)).isRefused('Invalid Token');
  });
});

describe('with RATE_LIMIT=0', () => {
  const service = useService({ RATE_LIMIT: '0' });

  test('RATE_LIMIT=0 turns the limit off', async () => {
    const medic = await service.given.medic();
    await use(medic, 50);
    const { headers } = await medic.get('/locations/');
    expect([...headers.keys()].filter((name) => /rate-?limit/i.test(name))).toEqual([]);
  });

  test('with RATE_LIMIT=0 wrong keys and passwords are not limited either', async () => {
    (await service.client.get('/locations/')).isRefused('Invalid Token');
    for (let tries = 0; tries < 11; tries += 1)
      (await service.client.post('/token-auth/', { email: 'nobody@example.org', password: 'wrong' })).is(400);
  });
});
