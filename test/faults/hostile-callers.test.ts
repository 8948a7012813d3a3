import { hashPassword } from '../../src/auth/password.js';
import { generateKey } from '../../src/auth/token-key.js';
import { figure } from '../support/figure.js';
import { useScratch } from './scratch.js';
import { meanwhile, tally } from './victims.js';

const scratch = useScratch();
const PASSWORD = 'correct horse battery staple';

/** @returns the status of the response and how long it took */
async function send(url: string, path: string, init: RequestInit): Promise<{ status: number; milliseconds: number }> {
  const startedAt = performance.now();
  const response = await fetch(`${url}/api/v2${path}`, init);
  await response.arrayBuffer();
  return { status: response.status, milliseconds: performance.now() - startedAt };
}

const withKey = (url: string, token: string) =>
  send(url, '/locations/', { headers: { authorization: `Token ${token}` } }).then(({ status }) => status);

test('a flood of bad keys does not affect the good keys in use behind the same address', async () => {
  const LIMIT = 1000;
  const CLIENTS = 6;
  const server = scratch.process(1, { RATE_LIMIT: String(LIMIT) });
  const url = await server.url();
  const victims = [await scratch.given.medic(), await scratch.given.medic()];
  for (const { token } of victims) expect(await withKey(url, token)).toBe(200);
  const startedAt = performance.now();
  const flood = Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      const statuses: number[] = [];
      for (let sent = 0; sent < LIMIT; sent += 1) statuses.push(await withKey(url, generateKey()));
      return statuses;
    }),
  );
  // A victim stays within the limit of its own token.
  const granted = victims.map(({ token }) => meanwhile(flood, LIMIT - 100, () => withKey(url, token)));
  const refused = tally((await flood).flat());
  const minutes = Math.floor((performance.now() - startedAt) / 60_000) + 1;
  const served = (await Promise.all(granted)).flat();
  const { 401: lookedUp = 0, 429: turnedAway = 0 } = refused;
  expect(lookedUp + turnedAway).toBe(CLIENTS * LIMIT);
  expect(lookedUp).toBeLessThanOrEqual(minutes * LIMIT);
  expect(tally(served)).toEqual({ 200: served.length });
  figure('bad keys from one address', lookedUp + turnedAway);
  figure('bad keys that were looked up', lookedUp);
  figure('bad keys that were refused without a look-up', turnedAway);
  figure('requests with good keys from the same address meanwhile, all granted', served.length);
  figure('megabytes of memory afterwards', Math.round(server.memory()));
});

test('guessing a password from many addresses never locks out its owner', async () => {
  const ADDRESSES = 30;
  const TRIES = 12;
  const LOGINS = 5;
  const server = scratch.process(1, { RATE_LIMIT: '100000', TRUST_PROXY: 'true' });
  const url = await server.url();
  const owner = await scratch.given.medic({ passwordHash: await hashPassword(PASSWORD) });
  const logIn = (password: string, from: string) =>
    send(url, '/token-auth/', {
      method: 'POST',
      headers: { 'x-forwarded-for': from },
      body: new URLSearchParams({ email: owner.email, password }),
    });
  const guessing = Promise.all(
    Array.from({ length: ADDRESSES }, async (_, address) => {
      const statuses: number[] = [];
      const guess = () => logIn('a wrong password', `198.51.100.${String(address)}`);
      // Half of an address's guesses are sent at once.
      for (let sent = 0; sent < TRIES; sent += TRIES / 2) {
        const answers = await Promise.all(Array.from({ length: TRIES / 2 }, guess));
        statuses.push(...answers.map(({ status }) => status));
      }
      return statuses;
    }),
  );
  const logIns: { status: number; milliseconds: number }[] = [];
  for (let number = 0; number < LOGINS; number += 1) logIns.push(await logIn(PASSWORD, '192.0.2.1'));
  const reads = await meanwhile(guessing, 10_000, () => withKey(url, owner.token));
  const guesses = tally((await guessing).flat());
  expect(tally(logIns.map(({ status }) => status))).toEqual({ 200: LOGINS });
  expect(guesses).toEqual({ 400: ADDRESSES * 10, 429: ADDRESSES * (TRIES - 10) });
  expect(tally(reads)).toEqual(reads.length === 0 ? {} : { 200: reads.length });
  figure('addresses that guess the password of one email', ADDRESSES);
  figure('wrong passwords that were compared', guesses[400] ?? 0);
  figure('wrong passwords that were refused', guesses[429] ?? 0);
  figure('log-ins of the owner meanwhile, all granted', logIns.length);
  figure(
    'milliseconds of the slowest of these',
    Math.round(Math.max(...logIns.map(({ milliseconds }) => milliseconds))),
  );
});
