import { generateKey } from '../../src/auth/token-key.js';
import { hashPassword } from '../../src/auth/password.js';
import { quieten } from '../support/quiet.js';
import { useService } from '../support/service.js';
import { listen } from '../support/statements.js';

const LIMIT = 20;
const service = useService({ RATE_LIMIT: String(LIMIT), TRUST_PROXY: 'true' });
beforeAll(() => quieten(service));
let address = 0;

/** @returns a function that sends requests from a fresh address, by default each with another key, so that no limit of a token applies */
function newAddress() {
  address += 1;
  const headers = { 'x-forwarded-for': `192.0.2.${String(address)}` };
  return async (token = generateKey()) => (await service.client.get('/locations', { token, headers })).status;
}

/** Sends bad keys until the limit of the address is reached. */
async function exhaust(send: (token?: string) => Promise<number>): Promise<void> {
  for (let number = 0; number < LIMIT; number += 1) expect(await send()).toBe(401);
}

/** @returns how many statements the service sends during `work` */
async function statementsOf(work: () => Promise<unknown>): Promise<number> {
  let count = 0;
  const stop = listen(() => (count += 1));
  await work().finally(stop);
  return count;
}

test('an address that keeps sending bad keys gets 429, and good keys in use behind it still work', async () => {
  const { token } = await service.given.medic();
  const send = newAddress();
  expect(await send(token)).toBe(200);
  await exhaust(send);
  for (let number = 0; number < 5; number += 1) expect([await send(), await send(token)]).toEqual([429, 200]);
});

test('a bad key from an address above its limit costs no statement', async () => {
  const send = newAddress();
  await exhaust(send);
  const count = await statementsOf(async () => {
    for (let number = 0; number < 50; number += 1) expect(await send()).toBe(429);
  });
  expect(count).toBe(0);
});

test('above the limit of its address, a recently valid key is still looked up, and is refused once revoked', async () => {
  const medic = await service.given.medic();
  const send = newAddress();
  expect(await send(medic.token)).toBe(200);
  await exhaust(send);
  await service.dataSource.query('UPDATE api_token SET revoked_at = now() WHERE medic_id = $1', [medic.id]);
  expect(await send(medic.token)).toBe(429);
  expect(await statementsOf(() => send(medic.token))).toBe(0);
});

test('a key from a new login works behind an address above its limit', async () => {
  const password = 'correct horse battery staple';
  const { email } = await service.given.medic({ passwordHash: await hashPassword(password) });
  const send = newAddress();
  await exhaust(send);
  const { token } = (await service.client.post('/token-auth/', { email, password })).isOk().body<{ token: string }>();
  expect(await send(token)).toBe(200);
});

test('the addresses of one /64 share the limit of bad keys', async () => {
  const sendFrom = async (from: string) => {
    const headers = { 'x-forwarded-for': from };
    return (await service.client.get('/locations', { token: generateKey(), headers })).status;
  };
  for (let number = 1; number <= LIMIT; number += 1) {
    expect(await sendFrom(`2001:db8:0:1:${number.toString(16)}::1`)).toBe(401);
  }
  expect(await sendFrom('2001:db8:0:1:ffff::1')).toBe(429);
  expect(await sendFrom('2001:db8:0:2::1')).toBe(401);
});
