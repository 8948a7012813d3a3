import { generateKey } from '../../src/auth/token-key.js';
import { hashPassword } from '../../src/auth/password.js';
import { useService } from '../support/service.js';
import { listen } from '../support/statements.js';

const LIMIT = 20;
const service = useService({ RATE_LIMIT: String(LIMIT), TRUST_PROXY: 'true' });
let address = 0;

/** @returns what asks from an address that nothing has come from yet; a different key each time meets no limit of a token */
function newAddress() {
  address += 1;
  const headers = { 'x-forwarded-for': `192.0.2.${String(address)}` };
  return async (token = generateKey()) => (await service.client.get('/locations', { token, headers })).status;
}

/** Sends as many bad keys as are answered 401. */
async function exhaust(ask: (token?: string) => Promise<number>): Promise<void> {
  for (let number = 0; number < LIMIT; number += 1) expect(await ask()).toBe(401);
}

/** @returns how many statements the service sends while `work` is done */
async function statementsOf(work: () => Promise<unknown>): Promise<number> {
  let count = 0;
  const stop = listen(() => (count += 1));
  await work().finally(stop);
  return count;
}

test('an address that keeps coming with bad keys gets 429, and the good keys in use behind it work on', async () => {
  const { token } = await service.given.medic();
  const ask = newAddress();
  expect(await ask(token)).toBe(200);
  await exhaust(ask);
  for (let number = 0; number < 5; number += 1) expect([await ask(), await ask(token)]).toEqual([429, 200]);
});

test('above its limit, a bad key of the address costs no statement', async () => {
  const ask = newAddress();
  await exhaust(ask);
  const count = await statementsOf(async () => {
    for (let number = 0; number < 50; number += 1) expect(await ask()).toBe(429);
  });
  expect(count).toBe(0);
});

test('a key that was good lately is looked up above the limit of its address, and is refused once it is revoked', async () => {
  const medic = await service.given.medic();
  const ask = newAddress();
  expect(await ask(medic.token)).toBe(200);
  await exhaust(ask);
  await service.dataSource.query('UPDATE api_token SET revoked_at = now() WHERE medic_id = $1', [medic.id]);
  expect(await ask(medic.token)).toBe(429);
  expect(await statementsOf(() => ask(medic.token))).toBe(0);
});

test('a key that a log-in has just given works behind an address that is above its limit', async () => {
  const password = 'correct horse battery staple';
  const { email } = await service.given.medic({ passwordHash: await hashPassword(password) });
  const ask = newAddress();
  await exhaust(ask);
  const { token } = (await service.client.post('/token-auth/', { email, password })).isOk().body<{ token: string }>();
  expect(await ask(token)).toBe(200);
});

test('addresses of one /64 have their failures together', async () => {
  const comeFrom = async (from: string) => {
    const headers = { 'x-forwarded-for': from };
    return (await service.client.get('/locations', { token: generateKey(), headers })).status;
  };
  for (let number = 1; number <= LIMIT; number += 1) {
    expect(await comeFrom(`2001:db8:0:1:${number.toString(16)}::1`)).toBe(401);
  }
  expect(await comeFrom('2001:db8:0:1:ffff::1')).toBe(429);
  expect(await comeFrom('2001:db8:0:2::1')).toBe(401);
});
