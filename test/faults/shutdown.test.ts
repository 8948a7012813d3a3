import type { Agent } from 'node:http';
import { HOSPITAL, medicBody } from '../support/bodies.js';
import { figure } from '../support/figure.js';
import { connectTo, rawRequest, readAnswer } from '../support/raw.js';
import { until } from '../support/until.js';
import { Balancer } from './balancer.js';
import { by, EACH_ITS_OWN, keepAlive, NoReply, send, type Sent } from './exchange.js';
import { useScratch } from './scratch.js';

const scratch = useScratch();

const READY: Sent = { method: 'GET', path: '/health/ready' };

/** How long the list is that some of the requests ask for. */
const CROWD = 1500;

/** @returns requests of all kinds: short ones, one with a long answer, one that takes its time */
async function kinds(): Promise<(() => Sent)[]> {
  const { hospital, admin } = await scratch.given.hospital();
  await scratch.given.crowd(hospital, CROWD);
  return [
    () => by(admin, 'GET', '/management/memberships/'),
    () => by(admin, 'POST', '/hospital/', HOSPITAL),
    () => by(admin, 'GET', `/memberships/${String(hospital)}`),
    () => by(admin, 'POST', '/medics/', medicBody()),
  ];
}

/** What became of the requests. */
interface Outcome {
  /** Sent before the signal, and not answered by then. */
  underWay: number;
  /** Of those, the ones that never were. */
  unanswered: number;
  /** Answers that began and did not arrive whole. */
  cutShort: number;
  /** Other answers than success. */
  failed: number;
  /** Sent or begun after the signal, and not answered at all. */
  turnedAway: number;
  granted: number;
}

const COUNTS = ['underWay', 'unanswered', 'cutShort', 'failed', 'turnedAway', 'granted'] as const;

function nothing(): Outcome {
  return { underWay: 0, unanswered: 0, cutShort: 0, failed: 0, turnedAway: 0, granted: 0 };
}

/** Sends one request after another over connections of `agent` until the server takes none any more. */
async function use(url: string, next: () => Sent, agent: Agent, signal: { isSent: boolean }, outcome: Outcome) {
  for (let isGone = false; !isGone;) {
    const sent: { when?: 'before' | 'after' } = {};
    const reply = await send(url, next(), agent, () => {
      sent.when = signal.isSent ? 'after' : 'before';
    }).catch((error: unknown) => error as NoReply);
    const wasUnderWay = sent.when === 'before' && signal.isSent;
    if (wasUnderWay) outcome.underWay += 1;
    if (!(reply instanceof NoReply)) {
      outcome[reply.status < 300 ? 'granted' : 'failed'] += 1;
      continue;
    }
    if (reply.began) outcome.cutShort += 1;
    else if (sent.when === 'before') outcome.unanswered += 1;
    else outcome.turnedAway += 1;
    isGone = signal.isSent;
  }
}

test('SIGTERM under load: whatever was sent before it is answered, and every answer arrives whole', async () => {
  const STOPS = 10;
  const EACH = 3;
  const requests = await kinds();
  const total = nothing();
  for (let stop = 0; stop < STOPS; stop += 1) {
    const server = scratch.process();
    const url = await server.url();
    const agent = keepAlive();
    const signal = { isSent: false };
    const outcome = nothing();
    const users = [agent, EACH_ITS_OWN].flatMap((connections) =>
      requests.flatMap((next) => Array.from({ length: EACH }, () => use(url, next, connections, signal, outcome))),
    );
    await until(() => outcome.granted > 50 + 20 * Math.random());
    server.signal('SIGTERM');
    signal.isSent = true;
    await Promise.all(users);
    agent.destroy();
    expect(await server.ended).toEqual({ code: 0 });
    expect(server.errors).toBe('');
    for (const count of COUNTS) total[count] += outcome[count];
  }
  figure('SIGTERMs under load', STOPS);
  figure('requests answered around them', total.granted);
  figure('requests under way at a SIGTERM', total.underWay);
  figure('of them never answered', total.unanswered);
  figure('answers cut short', total.cutShort);
  figure('requests sent later and turned away', total.turnedAway);
  expect(total).toMatchObject({ unanswered: 0, cutShort: 0, failed: 0 });
  expect(total.underWay).toBeGreaterThan(0);
});

test('the last use of a key by a request that ends after SIGTERM is stored', async () => {
  const server = scratch.process();
  const url = await server.url();
  const { token } = await scratch.given.medic();
  const socket = await connectTo(url);
  const answer = readAnswer(socket);
  const headers = { Authorization: `Token ${token}`, 'Content-Type': 'application/json' };
  const request = rawRequest('POST /api/v2/hospital/', headers, JSON.stringify(HOSPITAL));
  socket.write(request.subarray(0, -5));
  await until(async () => (await send(url, READY, EACH_ITS_OWN)).status === 200);
  server.signal('SIGTERM');
  // Not ready any more, then closed.
  const isGone = () =>
    send(url, READY, EACH_ITS_OWN).then(
      ({ status }) => status === 503,
      () => true,
    );
  await until(isGone);
  socket.write(request.subarray(-5));
  (await answer).isCreated(HOSPITAL);
  expect(await server.ended).toEqual({ code: 0 });
  expect(await scratch.query('SELECT FROM api_token WHERE last_used_at IS NOT NULL')).toHaveLength(1);
});

test('a rolling restart behind a balancer fails no request', async () => {
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
