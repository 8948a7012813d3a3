import { useService } from '../support/service.js';

const service = useService({ RATE_LIMIT: '20' });

test('an address that keeps coming with bad keys gets 429, and good keys from it work on', async () => {
  const { token } = await service.given.medic();
  const statuses: number[] = [];
  for (let number = 0; number < 25; number += 1) {
    // A different key each time, so that the limit of the token is not what is met.
    statuses.push((await service.client.get('/locations', { token: `unknown-${String(number)}` })).status);
  }
  expect(statuses.slice(0, 20)).toEqual(Array(20).fill(401));
  expect(statuses.slice(20)).toEqual(Array(5).fill(429));
  (await service.client.get('/locations', { token })).isOk();
});
