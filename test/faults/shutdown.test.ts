import type { Agent } from 'node:http';
import { HOSPITAL, medicBody } from '../support/bodies.js';
import { figure } from '../support/figure.js';
import { connectTo, rawRequest, readResponse } from '../support/raw.js';
import { until } from '../support/until.js';
import { Balancer } from './balancer.js';
import { by, EACH_ITS_OWN, keepAlive, NoReply, send, type Sent } from './exchange.js';
import { useScratch } from './scratch.js';

const scratch = useScratch();

const READY: Sent = { method: 'GET', path: '/health/ready' };

/** Number of memberships in the long list. */
const CROWD = 1500;

/** @returns requests of all kinds: short ones, one with a long response, and a slow one; each is found by its name or email */
async function kinds(): Promise<(() => Sent)[]> {
  const { hospital, admin } = await scratch.given.hospital();
  let number = 0;
  await scratch.given.crowd(hospital, CROWD);
  return [
    () => by(admin, 'GET', '/management/memberships/'),
    () => by(admin, 'POST', '/hospital/', { ...HOSPITAL, name: `Hospital ${String((number += 1))}` }),
    () => by(admin, 'GET', `/memberships/${String(hospital)}`),
    () => by(admin, 'POST', '/medics/', medicBody()),
  ];
}

/** When SIGTERM was sent, by `performance.now()`. */
interface Signal {
  sentAt?: number;
}

/**
 * For how long after SIGTERM every request succeeds, in milliseconds. The process serves for at least half a
 * second (`src/http/server/draining.ts`), minus the time until it accepts a request; then it closes as soon as
 * nobody has sent anything for as long.
 */
const ANSWERED_FOR_MS = 250;

interface Outcome {
  /** Sent before the signal, without a response by then. */
  underWay: number;
  /** Those among them that never got a response. */
  unanswered: number;
  /** Responses that began and were not completed. */
  cutShort: number;
  /** Responses other than success, and unexpected connection errors. */
  failed: number;
  /** Connections refused, because the process had closed. */
  refused: number;
  /** Requests on an open connection that the process closed. */
  reset: number;
  /** Those among them that were sent while every request must succeed. */
  resetTooEarly: number;
  /** Those among the reset requests that were carried out nevertheless. */
  carriedOut: number;
  granted: number;
}

const NOTHING: Readonly<Outcome> = {
  underWay: 0,
  unanswered: 0,
  cutShort: 0,
  failed: 0,
  refused: 0,
  reset: 0,
  resetTooEarly: 0,
  carriedOut: 0,
  granted: 0,
};

/** Error codes of a connection that is closed while a request is on its way. */
const RESETS = ['ECONNRESET', 'EPIPE'];

/**
 * Sends one request after another over connections of `agent` until the server accepts none anymore.
 * @returns the request that was reset, if it was the last one
 */
async function use(url: string, next: () => Sent, agent: Agent, signal: Signal, outcome: Outcome) {
  for (;;) {
    const request = next();
    let sentAt = Number.POSITIVE_INFINITY;
    const reply = await send(url, request, agent, () => {
      sentAt = performance.now();
    }).catch((error: unknown) => error as NoReply);
    const { sentAt: signalAt = Number.POSITIVE_INFINITY } = signal;
    const wasUnderWay = sentAt < signalAt && signal.sentAt !== undefined;
    if (wasUnderWay) outcome.underWay += 1;
    if (!(reply instanceof NoReply)) {
      outcome[reply.status < 300 ? 'granted' : 'failed'] += 1;
      continue;
    }
    if (reply.began) outcome.cutShort += 1;
    else if (wasUnderWay) outcome.unanswered += 1;
    else if (signal.sentAt === undefined) outcome.failed += 1;
    else if (reply.code === 'ECONNREFUSED') outcome.refused += 1;
    else if (RESETS.includes(reply.code)) {
      outcome.reset += 1;
      if (sentAt < signalAt + ANSWERED_FOR_MS) outcome.resetTooEarly += 1;
      return request;
    } else outcome.failed += 1;
    if (signal.sentAt !== undefined) return;
  }
}

/** @returns how many of the requests have stored something */
async function countCarriedOut(requests: readonly (Sent | undefined)[]): Promise<number> {
  const bodies = requests.map((request) => (request?.body ?? {}) as { name?: string; email?: string });
  const [row] = await scratch.query<{ count: number }>(
    `SELECT ((SELECT count(*) FROM hospital WHERE name = ANY ($1))
           + (SELECT count(*) FROM medic WHERE email = ANY ($2)))::integer AS count`,
    [bodies.map(({ name }) => name ?? null), bodies.map(({ email }) => email ?? null)],
  );
  return row?.count ?? Number.NaN;
}

test.each([
  ['one process', 1],
  ['two workers', 2],
])(
  'SIGTERM under load, %s: requests sent before get complete responses, and requests that are turned away are not carried out',
  async (name, workers) => {
    const STOPS = 10;
    const EACH = 3;
    const requests = await kinds();
    const total = { ...NOTHING };
    for (let stop = 0; stop < STOPS; stop += 1) {
      const server = scratch.process(workers);
      const url = await server.url();
      await server.printed(new RegExp(`(?:Server listening[^]*){${String(workers)}}`));
      const agent = keepAlive();
      const signal: Signal = {};
      const outcome = { ...NOTHING };
      const users = [agent, EACH_ITS_OWN].flatMap((connections) =>
        requests.flatMap((next) => Array.from({ length: EACH }, () => use(url, next, connections, signal, outcome))),
      );
      await until(() => outcome.granted > 50 + 20 * Math.random());
      server.signal('SIGTERM');
      signal.sentAt = performance.now();
      const reset = await Promise.all(users);
      agent.destroy();
      expect(await server.ended).toEqual({ code: 0 });
      expect(server.errors).toBe('');
      outcome.carriedOut = await countCarriedOut(reset);
      for (const count of Object.keys(NOTHING) as (keyof Outcome)[]) total[count] += outcome[count];
    }
    figure(`SIGTERMs under load, ${name}`, STOPS);
    figure('requests answered around them', total.granted);
    figure('requests under way at a SIGTERM', total.underWay);
    figure('of them never answered', total.unanswered);
    figure('answers cut short', total.cutShort);
    figure('requests sent later and refused a connection', total.refused);
    figure('requests sent later and reset by the close', total.reset);
    figure(`of them sent in the first ${String(ANSWERED_FOR_MS)} ms`, total.resetTooEarly);
    figure('of them carried out', total.carriedOut);
    expect(total).toMatchObject({ unanswered: 0, cutShort: 0, failed: 0, resetTooEarly: 0, carriedOut: 0 });
    expect(total.underWay).toBeGreaterThan(0);
  },
);

test('the last use of a key is stored even if its request ends after SIGTERM', async () => {
  const server = scratch.process();
  const url = await server.url();
  const { token } = await scratch.given.medic();
  const socket = await connectTo(url);
  const response = readResponse(socket);
  const headers = { Authorization: `Token ${token}`, 'Content-Type': 'application/json' };
  const request = rawRequest('POST /api/v2/hospital/', headers, JSON.stringify(HOSPITAL));
  socket.write(request.subarray(0, -5));
  await until(async () => (await send(url, READY, EACH_ITS_OWN)).status === 200);
  server.signal('SIGTERM');
  // First not ready, then closed.
  const isGone = () =>
    send(url, READY, EACH_ITS_OWN).then(
      ({ status }) => status === 503,
      () => true,
    );
  await until(isGone);
  socket.write(request.subarray(-5));
  (await response).isCreated(HOSPITAL);
  expect(await server.ended).toEqual({ code: 0 });
  expect(await scratch.query('SELECT FROM api_token WHERE last_used_at IS NOT NULL')).toHaveLength(1);
});

test('a rolling restart behind a load balancer fails no request', async () => {
  const RESTARTS = 6;
  const balancer = new Balancer();
  const url = await balancer.start();
  try {
    const running = [scratch.process(), scratch.process()];
    const urls = await Promise.all(running.map((server) => server.url()));
    for (const each of urls) balancer.add(each);
    await until(() => urls.every((each) => balancer.isReady(each)));
    const agent = keepAlive();
    const failures: string[] = [];
    let granted = 0;
    let isOver = false;
    const users = (await kinds())
      .flatMap((next) => [next, next, next])
      .map(async (next) => {
        while (!isOver) {
          const reply = await send(url, next(), agent).catch((error: unknown) => error as NoReply);
          if (!(reply instanceof NoReply) && reply.status < 300) granted += 1;
          else failures.push(reply instanceof NoReply ? reply.message : `${String(reply.status)} ${reply.text}`);
        }
      });
    for (let restart = 0; restart < RESTARTS; restart += 1) {
      const [server, address] = [running.shift(), urls.shift() ?? ''];
      expect(await server?.stop('SIGTERM')).toEqual({ code: 0 });
      balancer.remove(address);
      const next = scratch.process();
      const nextUrl = await next.url();
      balancer.add(nextUrl);
      running.push(next);
      urls.push(nextUrl);
      const enough = granted + 50;
      await until(() => balancer.isReady(nextUrl) && granted > enough);
    }
    isOver = true;
    await Promise.all(users);
    agent.destroy();
    figure('processes replaced under load', RESTARTS);
    figure('requests granted meanwhile', granted);
    figure('requests failed meanwhile', failures.length);
    expect(failures).toEqual([]);
  } finally {
    await balancer.stop();
  }
});
