import { hashPassword } from '../../src/auth/password.js';
import { Service, useService } from '../support/service.js';

const service = useService({ RATE_LIMIT: '100000', LOGIN_TOKEN_TTL: '1h' });
const login = (email: string, password: string) => service.client.post('/token-auth/', { email, password });

describe('tries of POST /token-auth/ are limited', () => {
  test('after ten wrong ones an email is shut out for fifteen minutes, even with the right password', async () => {
    const password = 'correct horse battery staple';
    const medic = await service.given.medic({ passwordHash: await hashPassword(password) });
    for (let success = 0; success < 12; success += 1) (await login(medic.email, password)).isOk();
    const tries = Array.from({ length: 11 }, () =>
      service.client.post('/token-auth/', { email: medic.email, password: 'wrong' }, { concurrent: true }),
    );
    const statuses = (await Promise.all(tries)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 400)).toHaveLength(10);
    const refused = (await login(medic.email, password)).is(429);
    const wait = Number(refused.headers.get('retry-after'));
    expect(wait).toBeGreaterThan(14 * 60);
    expect(wait).toBeLessThanOrEqual(15 * 60);
  });

  test('after fifty wrong ones an address is shut out, whichever emails it tries', async () => {
    const statuses: number[] = [];
    for (let number = 0; number < 50; number += 1) {
      statuses.push((await login(`nobody.${String(number)}@example.org`, 'wrong')).status);
    }
    expect(statuses.at(0)).toBe(400);
    expect(statuses.at(-1)).toBe(429);
  });

  test('right passwords use up the tries of neither their email nor their address', async () => {
    const fresh = new Service({ RATE_LIMIT: '100000', LOGIN_TOKEN_TTL: '1h' });
    await fresh.start();
    const password = 'correct horse battery staple';
    const medic = await fresh.given.medic({ passwordHash: await hashPassword(password) });
    for (let success = 0; success < 51; success += 1) {
      const answer = (await fresh.client.post('/token-auth/', { email: medic.email, password })).isOk();
      (await fresh.client.delete('/token-auth/', { token: answer.body<{ token: string }>().token })).is(204);
    }
    await fresh.stop();
  });
});

describe('where addresses are those that a proxy tells', () => {
  const service = useService({ RATE_LIMIT: '100000', TRUST_PROXY: 'true' });

  test('addresses of one /64 have their fifty tries together', async () => {
    const tryFrom = async (address: string) => {
      const body = { email: `${address.replaceAll(':', '.')}@example.org`, password: 'wrong' };
      return (await service.client.post('/token-auth/', body, { headers: { 'x-forwarded-for': address } })).status;
    };
    for (let number = 1; number <= 50; number += 1) {
      expect(await tryFrom(`2001:db8:0:1:${number.toString(16)}::1`)).toBe(400);
    }
    expect(await tryFrom('2001:db8:0:1:ffff::1')).toBe(429);
    expect(await tryFrom('2001:db8:0:2::1')).toBe(400);
  });
});
