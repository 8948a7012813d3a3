import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { DataSource } from 'typeorm';
import { postgresOptions } from '../../src/database/data-source-options.js';
import type { Actor } from '../support/actor.js';
import { HOSPITAL } from '../support/bodies.js';
import { figure } from '../support/figure.js';
import { useProcesses } from '../support/process.js';
import { until } from '../support/until.js';
import { by, keepAlive, send, type Reply, type Sent } from './exchange.js';
import { OwnPostgres } from './own-postgres.js';
import { givenOn } from './scratch.js';

const start = useProcesses();

const RESTARTS = 3;
const REFUSALS = 50;
/** How soon the service must recover, in milliseconds. */
const WITHIN_MS = 2000;

let postgres: OwnPostgres;
beforeEach(async () => {
  postgres = await OwnPostgres.create();
});
afterEach(() => postgres.remove());

/** Migrates the database. @returns a medic stored in it */
async function prepare(): Promise<Actor> {
  const env = { ...process.env, DATABASE_URL: postgres.url };
  await promisify(execFile)(process.execPath, ['dist/src/cli/main.js', 'migrate'], { env });
  const dataSource = await new DataSource(postgresOptions(postgres.url)).initialize();
  return givenOn(dataSource)
    .medic()
    .finally(() => dataSource.destroy());
}

/** Counts of the responses to the load. */
class Load {
  readonly counts = new Map<number, number>();
  /** When the first request after {@link expectSuccess} succeeded. */
  succeededAt: number | undefined;
  isOver = false;
  private readonly agent = keepAlive();

  /** @returns once {@link isOver} */
  async run(url: string, requests: Sent[]): Promise<void> {
    const senders = requests.map(async (request) => {
      while (!this.isOver) {
        const reply = await send(url, request, this.agent);
        this.note(reply);
        if (reply.status === 503) await sleep(20);
      }
    });
    await Promise.all(senders).finally(() => {
      this.agent.destroy();
    });
  }

  count(status: number): number {
    return this.counts.get(status) ?? 0;
  }

  expectSuccess(): void {
    this.succeededAt = undefined;
  }

  private note({ status, headers, text }: Reply): void {
    this.counts.set(status, this.count(status) + 1);
    if (status < 300) this.succeededAt ??= performance.now();
    else expect([status, Number(headers['retry-after']) >= 1, text]).toEqual([503, true, text]);
  }
}

test('while PostgreSQL restarts every response is a 503, and soon afterwards the same process recovers', async () => {
  await postgres.start();
  const medic = await prepare();
  const server = start({ DATABASE_URL: postgres.url, RATE_LIMIT: '0' });
  let hasEnded = false;
  void server.ended.then(() => (hasEnded = true));
  const url = await server.url();
  const read = by(medic, 'GET', '/management/memberships/');
  const write = by(medic, 'POST', '/hospital/', HOSPITAL);
  const ready = { method: 'GET', path: '/health/ready' };
  const load = new Load();
  const running = load.run(url, [read, read, read, write, write, write, ready, ready]);
  const restarting = (async () => {
    let slowest = 0;
    for (let restart = 0; restart < RESTARTS; restart += 1) {
      const [served, refused] = [load.count(200) + load.count(201), load.count(503)];
      await until(() => load.count(200) + load.count(201) > served + REFUSALS);
      await postgres.crash();
      await until(() => load.count(503) > refused + REFUSALS);
      load.expectSuccess();
      await postgres.start();
      const returnedAt = performance.now();
      slowest = Math.max(slowest, (await until(() => load.succeededAt)) - returnedAt);
    }
    return slowest;
  })().finally(() => (load.isOver = true));
  const [slowest] = await Promise.all([restarting, running]);
  figure('restarts of PostgreSQL under load', RESTARTS);
  figure('requests granted around the restarts', load.count(200) + load.count(201));
  figure('requests refused with 503 meanwhile', load.count(503));
  figure(
    'other answers',
    [...load.counts].reduce((sum, [status, n]) => sum + ([200, 201, 503].includes(status) ? 0 : n), 0),
  );
  figure('milliseconds from the return of PostgreSQL to the first success, at most', Math.round(slowest));
  expect([...load.counts.keys()].sort()).toEqual([200, 201, 503]);
  expect(slowest).toBeLessThan(WITHIN_MS);
  expect({ hasEnded, errors: server.errors }).toEqual({ hasEnded: false, errors: '' });
  expect(server.output).not.toMatch(/unhandled|uncaught|unexpected error|"level":[56]0/i);
});
