import { hashPassword } from '../../src/auth/password.js';
import { delayOf, LoginLimits } from '../../src/auth/login-limits.js';
import { Limiters } from '../../src/limits/limiter.js';
import { Service, useService } from '../support/service.js';

const PASSWORD = 'correct horse battery staple';
const service = useService({ RATE_LIMIT: '100000', TRUST_PROXY: 'true' });

let address = 0;
/** @returns the headers of a request from a fresh address */
function newAddress(): Record<string, string> {
  address += 1;
  return { 'x-forwarded-for': `192.0.2.${String(address)}` };
}

const givenAccount = async () => service.given.medic({ passwordHash: await hashPassword(PASSWORD) });
const login = (email: string, password: string, headers: Record<string, string>) =>
  service.client.post('/token-auth/', { email, password }, { headers, concurrent: true });

describe('wrong passwords for one email from one address', () => {
  test('ten wrong passwords for one email from one address block it for fifteen minutes, even if sent at once', async () => {
    const { email } = await givenAccount();
    const from = newAddress();
    const answers = await Promise.all(Array.from({ length: 11 }, () => login(email, 'wrong', from)));
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(10);
    const refused = (await login(email, PASSWORD, from)).is(429);
    const wait = Number(refused.headers.get('retry-after'));
    expect(wait).toBeGreaterThan(14 * 60);
    expect(wait).toBeLessThanOrEqual(15 * 60);
  });

  test('wrong passwords never block the right password from another address', async () => {
    const { email } = await givenAccount();
    for (let attacker = 0; attacker < 2; attacker += 1) {
      const from = newAddress();
      for (let tries = 0; tries < 6; tries += 1) (await login(email, 'wrong', from)).is(400);
    }
    (await login(email, PASSWORD, newAddress())).isOk();
  });

  test('wrong passwords for one email do not block another email from the same address', async () => {
    const [one, other] = [await givenAccount(), await givenAccount()];
    const from = newAddress();
    await Promise.all(Array.from({ length: 11 }, () => login(one.email, 'wrong', from)));
    (await login(other.email, PASSWORD, from)).isOk();
  });
});

test('fifty wrong passwords block an address, whichever emails it tries', async () => {
  const from = newAddress();
  for (let number = 0; number < 50; number += 1) {
    (await login(`nobody.${String(number)}@example.org`, 'wrong', from)).is(400);
  }
  (await login('nobody@example.org', 'wrong', from)).is(429);
});

test('the addresses of one /64 share their fifty tries', async () => {
  const tryFrom = async (from: string) =>
    (await login(`${from.replaceAll(':', '.')}@example.org`, 'wrong', { 'x-forwarded-for': from })).status;
  for (let number = 1; number <= 50; number += 1) {
    expect(await tryFrom(`2001:db8:0:1:${number.toString(16)}::1`)).toBe(400);
  }
  expect(await tryFrom('2001:db8:0:1:ffff::1')).toBe(429);
  expect(await tryFrom('2001:db8:0:2::1')).toBe(400);
});

test('right passwords use up the tries of neither their email nor their address', async () => {
  const fresh = new Service({ RATE_LIMIT: '100000', LOGIN_TOKEN_TTL: '1h' });
  await fresh.start();
  const medic = await fresh.given.medic({ passwordHash: await hashPassword(PASSWORD) });
  for (let success = 0; success < 51; success += 1)
    (await fresh.client.post('/token-auth/', { email: medic.email, password: PASSWORD })).isOk();
  await fresh.stop();
});

describe('many wrong passwords for one email', () => {
  test.each([
    [1, 0],
    [10, 0],
    [11, 250],
    [12, 500],
    [13, 1000],
    [14, 2000],
    [15, 4000],
    [16, 4000],
    [2000, 4000],
  ])('try %i for one email is delayed by %i ms', (tries, delay) => {
    expect(delayOf(tries)).toBe(delay);
  });

  describe('with fake timers', () => {
    const limits = () => new LoginLimits(new Limiters(null, { RATE_LIMIT: 6000, WEB_CONCURRENCY: 1 }));
    beforeEach(() =>
      vi.useFakeTimers({
        toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
      }),
    );
    afterEach(() => vi.useRealTimers());

    /** Tries to log in with one email, each time from another address. @returns how many tries are admitted without a delay */
    async function admit(tried: LoginLimits, tries: number): Promise<number> {
      let admitted = 0;
      for (let number = 0; number < tries; number += 1)
        void tried.admit('a@example.org', `2001:db8:0:${number.toString(16)}::1`).then(() => (admitted += 1));
      await new Promise((resolve) => setImmediate(resolve));
      return admitted;
    }

    test('many wrong passwords only delay further logins of that email, and never block them', async () => {
      const tried = limits();
      expect(await admit(tried, 10)).toBe(10);
      let isAdmitted = false;
      void tried.admit('a@example.org', '192.0.2.1').then(() => (isAdmitted = true));
      await vi.advanceTimersByTimeAsync(249);
      expect(isAdmitted).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      expect(isAdmitted).toBe(true);
    });

    test('at most 100 logins of one email wait at a time, and the rest are admitted at once', async () => {
      const tried = limits();
      expect(await admit(tried, 10 + 100 + 30)).toBe(10 + 30);
      await vi.advanceTimersByTimeAsync(4000);
      expect(await admit(tried, 10)).toBe(0);
    });
  });
});
