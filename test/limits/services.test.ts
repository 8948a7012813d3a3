import { generateKey } from '../../src/auth/token-key.js';
import { ServiceAccounts } from '../../src/auth/service-accounts.js';
import { question } from '../decisions/decisions.js';
import type { CheckedResponse } from '../support/checked-response.js';
import { quieten } from '../support/quiet.js';
import { useService } from '../support/service.js';
import { givenService, type ServiceActor } from '../support/services.js';
import { listen } from '../support/statements.js';
import { until } from '../support/until.js';

const LIMIT = 5;
const FAILURES = 10;
const service = useService({
  SERVICE_RATE_LIMIT: String(LIMIT),
  RATE_LIMIT: String(FAILURES),
  TRUST_PROXY: 'true',
});

let address = 0;
/** @returns the header of a client that the service has not seen yet */
function newAddress(): Record<string, string> {
  address += 1;
  return { 'x-forwarded-for': `192.0.2.${String(address)}` };
}

/** Sends a request again while the process, which has just started, is overloaded: such requests are not counted. */
const untilAccepted = (request: () => Promise<CheckedResponse>) =>
  until(async () => {
    const answer = await request();
    return answer.status === 503 ? undefined : answer;
  });

const send = (key: string | undefined, headers: Record<string, string>) =>
  untilAccepted(() =>
    service.client.send('POST', '//oauth2/introspect', {
      body: new URLSearchParams({ token: 'x' }),
      // Otherwise the client would send statements too.
      concurrent: true,
      headers: { ...headers, ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
    }),
  );

const statusOf = async ({ key }: Pick<ServiceActor, 'key'>, headers = newAddress()) =>
  (await send(key, headers)).status;

async function repeated<T>(times: number, work: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  while (results.length < times) results.push(await work());
  return results;
}

test('a service account has SERVICE_RATE_LIMIT requests a minute, from all addresses and with both keys', async () => {
  const first = await givenService(service);
  const second = await service.app.get(ServiceAccounts).rotate(first.name, 3600);
  expect(await repeated(LIMIT - 1, () => statusOf(first))).toEqual(Array(LIMIT - 1).fill(200));
  expect([await statusOf(second), await statusOf(second), await statusOf(first)]).toEqual([200, 429, 429]);
  expect(await statusOf(await givenService(service))).toBe(200);
});

test('the RateLimit headers say what is left of SERVICE_RATE_LIMIT', async () => {
  const { key } = await givenService(service);
  const left = async () => {
    const { status, headers } = await send(key, newAddress());
    return [status, headers.get('ratelimit-limit'), headers.get('ratelimit-remaining')];
  };
  expect(await left()).toEqual([200, String(LIMIT), String(LIMIT - 1)]);
  await repeated(LIMIT - 1, () => left());
  expect(await left()).toEqual([429, String(LIMIT), '0']);
  const refused = await send(key, newAddress());
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(refused.json).toEqual({
    error: 'temporarily_unavailable',
    error_description: expect.stringMatching(/^Too many requests; try again in \d+ s\.$/) as string,
  });
});

test('requests that are refused for a missing scope count too', async () => {
  const account = await givenService(service, 'event:read');
  expect(await repeated(LIMIT, () => statusOf(account))).toEqual(Array(LIMIT).fill(403));
  expect(await statusOf(account)).toBe(429);
});

test('a request over the limit looks up the key and reads nothing for the question; the revoked key is then a 401', async () => {
  const account = await givenService(service);
  const { member, hospital } = await service.given.hospital();
  const ask = async (path: string) => {
    const options = { body: question(member.id, hospital), headers: newAddress(), concurrent: true };
    return (await untilAccepted(() => account.send('POST', `/access/v1/${path}`, options))).status;
  };
  expect(await repeated(LIMIT, () => ask('search/subject'))).toEqual(Array(LIMIT).fill(200));
  expect(await ask('evaluation')).toBe(429);
  await quieten(service);
  const statements: string[] = [];
  const stop = listen((_, text) => statements.push(text));
  const statuses = [await ask('search/subject'), await ask('search/resource'), await ask('evaluation')];
  stop();
  const sent = statements.filter((text) => /\b(membership|service_account)\b/.test(text));
  expect([statuses, sent.length]).toEqual([[429, 429, 429], 3]);
  expect(sent.filter((text) => text.includes('membership'))).toEqual([]);
  await service.app.get(ServiceAccounts).revoke(account.name);
  expect(await ask('search/subject')).toBe(401);
});

test('a medic gets no further by the key on a route of services than elsewhere', async () => {
  const { token } = await service.given.medic();
  const headers = newAddress();
  const statuses = await repeated(FAILURES + 1, async () => (await send(token, headers)).status);
  expect(statuses).toEqual([...Array<number>(FAILURES).fill(403), 429]);
});

test('a service account gets no further by its key on the routes of medics than a medic', async () => {
  const { key } = await givenService(service);
  const get = async () => (await service.client.get('/locations', { token: key, headers: newAddress() })).status;
  expect(await repeated(FAILURES + 1, get)).toEqual([...Array<number>(FAILURES).fill(401), 429]);
});

describe('an address that sends invalid keys', () => {
  /** Sends as many invalid keys as the address may. */
  async function exhaust(headers: Record<string, string>): Promise<void> {
    const guess = async () => (await send(generateKey('service'), headers)).status;
    expect(await repeated(FAILURES, guess)).toEqual(Array(FAILURES).fill(401));
  }

  test('gets 429 without a statement, and valid keys in use behind it still work', async () => {
    const headers = newAddress();
    const account = await givenService(service);
    expect(await statusOf(account, headers)).toBe(200);
    await exhaust(headers);
    let statements = 0;
    const stop = listen((_, text) => (statements += text.includes('record_') ? 0 : 1));
    const guessed = await repeated(20, async () => (await send(generateKey('service'), headers)).status).finally(stop);
    expect([guessed, statements]).toEqual([Array(20).fill(429), 0]);
    expect(await statusOf(account, headers)).toBe(200);
  });

  test('gets 429 for keys of medics too, which are counted together', async () => {
    const headers = newAddress();
    await exhaust(headers);
    expect((await send(generateKey('medic'), headers)).status).toBe(429);
    expect((await service.client.get('/locations', { token: generateKey(), headers })).status).toBe(429);
  });

  test('gets 429 for requests without a key, which are counted by address', async () => {
    const headers = newAddress();
    const statuses = await repeated(FAILURES + 1, async () => (await send(undefined, headers)).status);
    expect(statuses).toEqual([...Array<number>(FAILURES).fill(401), 429]);
  });

  test('a revoked key is refused at once, although it was valid recently', async () => {
    const headers = newAddress();
    const account = await givenService(service);
    expect(await statusOf(account, headers)).toBe(200);
    await service.app.get(ServiceAccounts).revoke(account.name);
    expect(await statusOf(account, headers)).toBe(401);
  });
});
