import { generateKey } from '../../src/auth/token-key.js';
import { useService } from '../support/service.js';

const service = useService({ RATE_LIMIT: '20', TRUST_PROXY: 'true' });

test('an address that keeps coming with bad keys gets 429, and good keys from it work on', async () => {
  const { token } = await service.given.medic();
  const statuses: number[] = [];
  for (let number = 0; number < 25; number += 1) {
    // A different key each time, so that the limit of the token is not what is met.
    statuses.push((await service.client.get('/locations', { token: generateKey() })).status);
  }
  expect(statuses.slice(0, 20)).toEqual(Array(20).fill(401));
  expect(statuses.slice(20)).toEqual(Array(5).fill(429));
  (await service.client.get('/locations', { token })).isOk();
});

test('addresses of one /64 have their failures together', async () => {
  const comeFrom = async (address: string) => {
    const headers = { 'x-forwarded-for': address };
    return (await service.client.get('/locations', { token: generateKey(), headers })).status;
  };
  for (let number = 1; number <= 20; number += 1) {
    expect(await comeFrom(`2001:db8:0:1:${number.toString(16)}::1`)).toBe(401);
  }
  expect(await comeFrom('2001:db8:0:1:ffff::1')).toBe(429);
  expect(await comeFrom('2001:db8:0:2::1')).toBe(401);
});
