import { API } from '../support/client.js';
import { figure } from '../support/figure.js';
import { ServiceAccounts } from '../../src/auth/service-accounts.js';
import { SCOPE_NAMES } from '../../src/auth/scope.js';
import {
  CSV,
  FORMS,
  LARGE_JSON,
  QUERIES,
  QUESTIONS,
  REFUSED_JSON,
  ROWS,
  UPLOADS,
  type HostileBody,
} from '../support/hostile-bodies.js';
import type { ServerProcess } from '../support/process.js';
import { useScratch } from './scratch.js';

const scratch = useScratch();
const HOSPITALS = `${API}/hospital/`;
const LOG_IN = `${API}/token-auth/`;

/** Upper bound for the processor time of one request, in seconds; above the figures, because machines differ. */
const MOST = 0.18;

/** Attempts per request: a garbage collection that earlier requests made necessary may fall into one of them. */
const ATTEMPTS = 3;

/** Number of concurrent hostile requests. */
const ATTACKERS = 4;

/** A limit that nobody reaches. Without a limit the service would not shed load either. */
const SETTINGS = { RATE_LIMIT: '1000000' };

interface Attack {
  readonly method: string;
  /** From the root. */
  readonly path: string;
  readonly token?: string;
  readonly sent?: HostileBody;
  /** Whether the body is valid: such bodies may be refused for their caller only, or accepted. */
  readonly isValid?: boolean;
}

async function attack(url: string, { method, path, token, sent }: Attack): Promise<number> {
  const headers = {
    ...(token === undefined ? {} : { authorization: `Token ${token}` }),
    ...(sent === undefined ? {} : { 'content-type': sent.type }),
  };
  const response = await fetch(url + path, { method, headers, body: sent?.body ?? null });
  await response.arrayBuffer();
  return response.status;
}

/** @returns the attacks without a key, with the keys of a medic without memberships and an ADMIN, and of a service */
async function attacks(): Promise<Record<string, Attack>> {
  const { token } = await scratch.given.medic();
  const { admin, hospital } = await scratch.given.hospital();
  const accounts = new ServiceAccounts(scratch.database.dataSource);
  const { key } = await accounts.create({ name: 'asker', scopes: SCOPE_NAMES });
  const entries: [string, Attack][] = [];
  for (const [name, sent] of Object.entries({ ...REFUSED_JSON, ...LARGE_JSON })) {
    entries.push([`JSON without a key: ${name}`, { method: 'POST', path: LOG_IN, sent }]);
    entries.push([`JSON: ${name}`, { method: 'POST', path: HOSPITALS, token, sent }]);
  }
  for (const [name, sent] of Object.entries(FORMS)) {
    entries.push([`form without a key: ${name}`, { method: 'POST', path: LOG_IN, sent }]);
    entries.push([`form: ${name}`, { method: 'POST', path: HOSPITALS, token, sent }]);
  }
  for (const [name, sent] of Object.entries(UPLOADS)) {
    entries.push([`upload: ${name}`, { method: 'POST', path: HOSPITALS, token, sent }]);
  }
  for (const [name, query] of Object.entries(QUERIES)) {
    entries.push([`query: ${name}`, { method: 'GET', path: `${HOSPITALS}?${query}`, token }]);
    entries.push([`query without a key: ${name}`, { method: 'GET', path: `${HOSPITALS}?${query}` }]);
  }
  const BULK = `${API}/management/memberships/bulk/`;
  for (const [name, sent] of Object.entries(CSV)) {
    const path = `${BULK}?hospital=${String(hospital)}`;
    entries.push([`CSV without a key: ${name}`, { method: 'POST', path, sent, isValid: true }]);
    entries.push([`CSV: ${name}`, { method: 'POST', path, token: admin.token, sent, isValid: true }]);
  }
  for (const [name, { type, body }] of Object.entries(ROWS)) {
    const sent = { type, body: String(body).replace('2147483647', String(hospital)) };
    entries.push([`rows without a right: ${name}`, { method: 'POST', path: BULK, token, sent, isValid: true }]);
    entries.push([`rows: ${name}`, { method: 'POST', path: BULK, token: admin.token, sent, isValid: true }]);
  }
  for (const [name, sent] of Object.entries(FORMS)) {
    const path = '/oauth2/introspect';
    entries.push([`introspection without a key: ${name}`, { method: 'POST', path, sent, isValid: true }]);
  }
  for (const [name, sent] of Object.entries({ ...REFUSED_JSON, ...LARGE_JSON, ...QUESTIONS })) {
    const path = '/access/v1/evaluations';
    entries.push([`questions without a key: ${name}`, { method: 'POST', path, sent, isValid: true }]);
    entries.push([`questions: ${name}`, { method: 'POST', path, token: key, sent, isValid: name in QUESTIONS }]);
  }
  return Object.fromEntries(entries);
}

async function costOf(process: ServerProcess, work: () => Promise<unknown>): Promise<number> {
  const before = process.processorTime();
  await work();
  return process.processorTime() - before;
}

test('no body and no query costs the process more than 0.18 s of processor time, whatever it contains', async () => {
  const server = scratch.process(1, SETTINGS);
  const url = await server.url();
  const costs: Record<string, number> = {};
  const accepted: string[] = [];
  for (const [name, sent] of Object.entries(await attacks())) {
    let [status, cost] = [0, Number.POSITIVE_INFINITY];
    for (let attempt = 0; attempt < ATTEMPTS && cost > MOST; attempt += 1) {
      cost = Math.min(cost, await costOf(server, async () => (status = await attack(url, sent))));
    }
    costs[name] = cost;
    if (sent.method === 'POST' && sent.isValid !== true && status !== 400 && status !== 413)
      accepted.push(`${name}: ${String(status)}`);
  }
  const [[worst, most] = ['', NaN]] = Object.entries(costs).sort(([, a], [, b]) => b - a);
  figure('hostile bodies and queries', Object.keys(costs).length);
  figure(`most processor time of one, in milliseconds (${worst})`, Math.round(most * 1000));
  expect(accepted).toEqual([]);
  expect(Object.entries(costs).filter(([, cost]) => cost > MOST)).toEqual([]);
});

test('requests succeed while others send hostile bodies', async () => {
  const server = scratch.process(1, SETTINGS);
  const url = await server.url();
  const { token } = await scratch.given.medic();
  const all = Object.values(await attacks());
  let [isOver, granted, slowest] = [false, 0, 0];
  const victim = async () => {
    while (!isOver) {
      const start = performance.now();
      expect(await attack(url, { method: 'GET', path: `${API}/locations/`, token })).toBe(200);
      granted += 1;
      slowest = Math.max(slowest, performance.now() - start);
    }
  };
  const attacker = async (first: number) => {
    for (let index = first; index < all.length; index += ATTACKERS) await attack(url, all[index] as Attack);
  };
  const attackers = Promise.all(Array.from({ length: ATTACKERS }, (_, first) => attacker(first)));
  await Promise.all([victim(), attackers.finally(() => (isOver = true))]);
  figure('requests granted beside them', granted);
  figure('milliseconds that the slowest of these took', Math.round(slowest));
  expect(granted).toBeGreaterThan(0);
});
