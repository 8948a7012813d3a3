/**
 * Sends requests to two processes as a balancer does, until its standard input ends. Then it prints what happened, as JSON.
 *
 * A balancer asks /health/ready, and tries the other process if one closes the connection or returns 503. Every second
 * request creates a hospital, with an Idempotency-Key, so that it may be sent again.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

const CLIENTS = 4;
const PAUSE_MS = 50;
const CHECK_MS = 250;
const TIMEOUT_MS = 10_000;

const { urls, key } = JSON.parse(process.argv[2]);
const headers = { authorization: `Token ${key}`, 'content-type': 'application/json' };
const ready = new Set(urls);
const result = { requests: 0, retried: 0, created: 0, lost: [] };
let isOver = false;
process.stdin.resume().once('end', () => {
  isOver = true;
});

async function ask(url, options) {
  const response = await fetch(url, { ...options, signal: AbortSignal.timeout(TIMEOUT_MS) });
  await response.text();
  if (!response.ok) throw new Error(`status ${response.status}`);
}

async function check(url) {
  while (!isOver) {
    await ask(`${url}/health/ready`).then(
      () => ready.add(url),
      () => ready.delete(url),
    );
    await sleep(CHECK_MS);
  }
}

async function send(number) {
  const isWrite = number % 2 === 1;
  const hospital = JSON.stringify({ name: `H ${number}`, patron: 'P', location: 'L', contact: '8' });
  const post = { method: 'POST', headers: { ...headers, 'idempotency-key': randomUUID() }, body: hospital };
  const [path, options] = isWrite ? ['hospital/', post] : ['management/memberships/', { headers }];
  const turn = (number >> 1) % urls.length;
  const order = [...urls.slice(turn), ...urls.slice(0, turn)].sort((a, b) => ready.has(b) - ready.has(a));
  const reasons = [];
  for (const url of order) {
    try {
      await ask(`${url}/api/v2/${path}`, options);
      if (isWrite) result.created += 1;
      return;
    } catch (error) {
      reasons.push(String(error.cause ?? error));
      result.retried += 1;
    }
  }
  result.lost.push(reasons.join('; '));
}

async function client() {
  while (!isOver) {
    await send((result.requests += 1));
    await sleep(PAUSE_MS);
  }
}

await Promise.all([...urls.map(check), ...Array.from({ length: CLIENTS }, client)]);
process.stdout.write(JSON.stringify(result));
