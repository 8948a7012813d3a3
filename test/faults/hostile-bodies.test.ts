import { figure } from '../support/figure.js';
import { FORMS, LARGE_JSON, QUERIES, REFUSED_JSON, UPLOADS, type HostileBody } from '../support/hostile-bodies.js';
import type { ServerProcess } from '../support/process.js';
import { useScratch } from './scratch.js';

const scratch = useScratch();

/** Upper bound for the processor time of one request, in seconds; far above the figures, because machines differ. */
const MOST = 0.2;

/** Attempts per request: a garbage collection that earlier requests made necessary may fall into one of them. */
const ATTEMPTS = 3;

/** Number of concurrent hostile requests. */
const ATTACKERS = 4;

interface Attack {
  readonly method: string;
  readonly path: string;
  readonly token?: string;
  readonly sent?: HostileBody;
}

async function attack(url: string, { method, path, token, sent }: Attack): Promise<number> {
  const headers = {
    ...(token === undefined ? {} : { authorization: `Token ${token}` }),
    ...(sent === undefined ? {} : { 'content-type': sent.type }),
  };
  const response = await fetch(`${url}/api/v2${path}`, { method, headers, body: sent?.body ?? null });
  await response.arrayBuffer();
  return response.status;
}

/** @returns the attacks without a key and with the key of a medic without memberships */
async function attacks(): Promise<Record<string, Attack>> {
  const { token } = await scratch.given.medic();
  const entries: [string, Attack][] = [];
  for (const [name, sent] of Object.entries({ ...REFUSED_JSON, ...LARGE_JSON })) {
    entries.push([`JSON without a key: ${name}`, { method: 'POST', path: '/token-auth/', sent }]);
    entries.push([`JSON: ${name}`, { method: 'POST', path: '/hospital/', token, sent }]);
  }
  for (const [name, sent] of Object.entries(FORMS)) {
    entries.push([`form without a key: ${name}`, { method: 'POST', path: '/token-auth/', sent }]);
    entries.push([`form: ${name}`, { method: 'POST', path: '/hospital/', token, sent }]);
  }
  for (const [name, sent] of Object.entries(UPLOADS)) {
    entries.push([`upload: ${name}`, { method: 'POST', path: '/hospital/', token, sent }]);
  }
  for (const [name, query] of Object.entries(QUERIES)) {
    entries.push([`query: ${name}`, { method: 'GET', path: `/hospital/?${query}`, token }]);
    entries.push([`query without a key: ${name}`, { method: 'GET', path: `/hospital/?${query}` }]);
  }
  return Object.fromEntries(entries);
}

async function costOf(process: ServerProcess, work: () => Promise<unknown>): Promise<number> {
  const before = process.processorTime();
  await work();
  return process.processorTime() - before;
}

test('no body and no query costs the process more than 0.2 s of processor time, whatever it contains', async () => {
  const server = scratch.process();
  const url = await server.url();
  const costs: Record<string, number> = {};
  const accepted: string[] = [];
  for (const [name, sent] of Object.entries(await attacks())) {
    let [status, cost] = [0, Number.POSITIVE_INFINITY];
    for (let attempt = 0; attempt < ATTEMPTS && cost > MOST; attempt += 1) {
      cost = Math.min(cost, await costOf(server, async () => (status = await attack(url, sent))));
    }
    costs[name] = cost;
    if (sent.method === 'POST' && status !== 400 && status !== 413) accepted.push(`${name}: ${String(status)}`);
  }
  const [[worst, most] = ['', NaN]] = Object.entries(costs).sort(([, a], [, b]) => b - a);
  figure('hostile bodies and queries', Object.keys(costs).length);
  figure(`most processor time of one, in milliseconds (${worst})`, Math.round(most * 1000));
  expect(accepted).toEqual([]);
  expect(Object.entries(costs).filter(([, cost]) => cost > MOST)).toEqual([]);
});

test('requests succeed while others send hostile bodies', async () => {
  const server = scratch.process();
  const url = await server.url();
  const { token } = await scratch.given.medic();
  const all = Object.values(await attacks());
  let [isOver, granted, slowest] = [false, 0, 0];
  const victim = async () => {
    while (!isOver) {
      const start = performance.now();
      expect(await attack(url, { method: 'GET', path: '/locations/', token })).toBe(200);
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
