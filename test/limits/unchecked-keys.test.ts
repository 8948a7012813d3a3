import { ServiceAccounts } from '../../src/auth/service-accounts.js';
import { generateKey } from '../../src/auth/token-key.js';
import type { RequestOptions } from '../support/client.js';
import { quieten } from '../support/quiet.js';
import { useService } from '../support/service.js';
import { givenService } from '../support/services.js';

const LIMIT = 10;
const service = useService({ RATE_LIMIT: String(LIMIT), TRUST_PROXY: 'true' });
beforeAll(() => quieten(service));

/** Routes that need a key: one for service accounts, one for medics. */
const INTROSPECT = '//oauth2/introspect';
const HOSPITAL = '/hospital/';

let address = 0;

/** @returns a function that sends requests from a fresh address */
function newAddress() {
  address += 1;
  const from = `192.0.2.${String(address)}`;
  return async (key: string, path: string, { headers, ...options }: RequestOptions = {}, method = 'POST') => {
    const authorization = path === INTROSPECT ? `Bearer ${key}` : `Token ${key}`;
    const all = { 'x-forwarded-for': from, authorization, ...headers };
    return (await service.client.send(method, path, { ...options, headers: all })).status;
  };
}

const MALFORMED = { body: '{' };

const inventedService = () => generateKey('service');
const invented = () => generateKey();

test.each([
  ['a malformed body', INTROSPECT, inventedService, MALFORMED, 400],
  ['a body that is too large', INTROSPECT, inventedService, { body: 'x'.repeat(1_048_577) }, 413],
  ['a body of another type', INTROSPECT, inventedService, { body: 'x', headers: { 'content-type': 'text/x' } }, 415],
  ['an Accept header without JSON', INTROSPECT, inventedService, { headers: { accept: 'text/xml' } }, 406],
  ['a malformed body', HOSPITAL, invented, MALFORMED, 400],
  ['a body that is too large', HOSPITAL, invented, { body: 'x'.repeat(1_048_577) }, 413],
  ['a body of another type', HOSPITAL, invented, { body: 'x', headers: { 'content-type': 'text/x' } }, 415],
  ['an Accept header without JSON', HOSPITAL, invented, { headers: { accept: 'text/xml' } }, 406],
])('an address is limited whichever invented keys it sends with %s to %s', async (_, path, key, options, status) => {
  const send = newAddress();
  for (let sent = 0; sent < LIMIT; sent += 1) expect(await send(key(), path, options)).toBe(status);
  expect(await send(key(), path, options)).toBe(429);
});

test('an address is limited whichever invented keys it sends to a path with an empty segment', async () => {
  const send = newAddress();
  for (let sent = 0; sent < LIMIT; sent += 1) expect(await send(invented(), '/medics//', {}, 'GET')).toBe(404);
  expect(await send(invented(), '/medics//', {}, 'GET')).toBe(429);
});

test('malformed bodies with the revoked key of a service account end in 429', async () => {
  const account = await givenService(service);
  const send = newAddress();
  expect(await send(account.key, INTROSPECT, { body: new URLSearchParams({ token: 'x' }) })).toBe(200);
  await service.app.get(ServiceAccounts).revoke(account.name);
  for (let sent = 0; sent < LIMIT; sent += 1) expect(await send(account.key, INTROSPECT, MALFORMED)).toBe(400);
  expect(await send(account.key, INTROSPECT, MALFORMED)).toBe(429);
});

test('malformed bodies with a valid key in use limit that key and no other at its address', async () => {
  const [account, other] = [await givenService(service), await givenService(service)];
  const send = newAddress();
  const valid = { body: new URLSearchParams({ token: 'x' }) };
  expect(await send(account.key, INTROSPECT, valid)).toBe(200);
  for (let sent = 0; sent < LIMIT; sent += 1) expect(await send(account.key, INTROSPECT, MALFORMED)).toBe(400);
  expect(await send(account.key, INTROSPECT, MALFORMED)).toBe(429);
  expect(await send(other.key, INTROSPECT, valid)).toBe(200);
});

test('valid keys in use still work while others at their address send malformed bodies', async () => {
  const [account, medic] = [await givenService(service), await service.given.medic()];
  const send = newAddress();
  const works = async () => [
    await send(account.key, INTROSPECT, { body: new URLSearchParams({ token: 'x' }) }),
    await send(medic.token, '/locations/', {}, 'GET'),
  ];
  expect(await works()).toEqual([200, 200]);
  for (let sent = 0; sent < LIMIT; sent += 1) expect(await send(inventedService(), INTROSPECT, MALFORMED)).toBe(400);
  expect(await send(invented(), HOSPITAL, MALFORMED)).toBe(429);
  expect(await works()).toEqual([200, 200]);
});
