import { setTimeout as sleep } from 'node:timers/promises';
import type { Actor } from '../support/actor.js';
import { figure } from '../support/figure.js';
import { useProcesses, type ServerProcess } from '../support/process.js';
import { until } from '../support/until.js';
import { DataSource } from 'typeorm';
import { postgresOptions } from '../../src/database/data-source-options.js';
import { useLargeDatabase } from './large-service.js';
import { Ordinary } from './ordinary.js';
import { open, readWhole } from './reading.js';

const MEMBERSHIPS = 100_000;
/** How much more than idle the process may hold in memory, in megabytes. */
const MOST_MEMORY = 60;
/** In milliseconds. */
const LATEST_FIRST_BYTE = 100;
const LISTS = 8;
/** The most that V8 may keep of objects that are not new, in megabytes; left to itself it collects late. */
const SMALL_HEAP = 96;

const databaseUrl = useLargeDatabase('streaming');
const start = useProcesses();

let dataSource: DataSource;
let admin: Actor;
let list: string;
let small: string;
let server: ServerProcess;
let url: string;

beforeAll(async () => {
  dataSource = await new DataSource(postgresOptions(databaseUrl())).initialize();
  const ordinary = new Ordinary(dataSource);
  const huge = await ordinary.huge(MEMBERSHIPS);
  ({ admin } = huge);
  list = `/memberships/${String(huge.hospital)}`;
  small = `${list}?limit=500`;
});
afterAll(() => dataSource.destroy());

/** @returns once the built program is ready in a process of its own */
async function startServer(variables: Record<string, string> = {}): Promise<void> {
  server = start({ DATABASE_URL: databaseUrl(), RATE_LIMIT: '0', ...variables });
  url = await server.url();
}

/** @returns the most memory that the process had while `work` was done, in megabytes above what it has idle */
async function memoryOf(work: () => Promise<unknown>): Promise<number> {
  for (let request = 0; request < 20; request += 1) await readWhole(url, admin, small);
  await sleep(1000);
  const idle = server.memory();
  let most = idle;
  const timer = setInterval(() => (most = Math.max(most, server.memory())), 5);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return most - idle;
}

/** Fails unless the list arrives whole and in order. @returns when its first byte came, in milliseconds */
async function requireList(): Promise<number> {
  const { items, firstByte } = await readWhole(url, admin, list);
  expect(new Set(items.map(({ id }) => id)).size).toBe(MEMBERSHIPS);
  const order = items.map(({ id, date_joined }) => `${date_joined} ${String(id).padStart(10, '0')}`);
  expect(order.every((key, index) => index === 0 || key < (order[index - 1] ?? ''))).toBe(true);
  return firstByte;
}

test('100,000 memberships arrive whole and in order, and take little memory', async () => {
  await startServer();
  const memory = await memoryOf(requireList);
  figure('streaming: most memory above idle, MB', Math.round(memory));
  expect(memory).toBeLessThan(MOST_MEMORY);
});

test('nothing of a list is kept: one after another passes through a small heap, with the first byte at once', async () => {
  await startServer({ NODE_OPTIONS: `--max-old-space-size=${String(SMALL_HEAP)}` });
  const firstBytes: number[] = [];
  const memory = await memoryOf(async () => {
    for (let list = 0; list < LISTS; list += 1) firstBytes.push(await requireList());
  });
  figure(`streaming: most memory above idle, ${String(LISTS)} lists in a small heap, MB`, Math.round(memory));
  figure('streaming: first byte, ms, best', Math.round(Math.min(...firstBytes)));
  figure('streaming: first byte, ms, worst', Math.round(Math.max(...firstBytes)));
  expect(memory).toBeLessThan(MOST_MEMORY);
  expect(Math.min(...firstBytes)).toBeLessThan(LATEST_FIRST_BYTE);
});

/** @returns when the service last sent a statement about memberships, and whether it waits for the answer to one */
async function lastRead(): Promise<string> {
  const [{ last }] = await dataSource.query<[{ last: string }]>(
    `SELECT concat(max(query_start), bool_or(state = 'active')) AS last FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'SELECT s.id,%'`,
  );
  return last;
}

/** Fails unless the service reads nothing from the database for a while, after a moment in which it may. */
async function expectNoReading(): Promise<void> {
  let [before, now] = ['', await lastRead()];
  await until(async () => {
    before = now;
    await sleep(1500);
    now = await lastRead();
    return before === now;
  });
  await sleep(2000);
  expect(await lastRead()).toBe(now);
}

test('while a client does not read, nothing more is read from the database; then the rest arrives', async () => {
  await startServer();
  const memory = await memoryOf(async () => {
    const response = await open(url, admin, list);
    await expectNoReading();
    const stopped = await lastRead();
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
    expect(JSON.parse(text)).toHaveLength(MEMBERSHIPS);
    expect(await lastRead()).not.toBe(stopped);
  });
  expect(memory).toBeLessThan(MOST_MEMORY);
});

test('twenty clients that do not read take little memory, and keep nobody from reading', async () => {
  await startServer({ NODE_OPTIONS: `--max-old-space-size=${String(SMALL_HEAP)}` });
  const memory = await memoryOf(async () => {
    const responses = await Promise.all(Array.from({ length: 20 }, () => open(url, admin, list)));
    await expectNoReading();
    expect((await readWhole(url, admin, small)).items).toHaveLength(500);
    for (const response of responses) response.destroy();
  });
  figure('streaming: most memory above idle, 20 clients that do not read, in a small heap, MB', Math.round(memory));
  expect(memory).toBeLessThan(MOST_MEMORY);
});

test('when a client goes away, nothing more is read for it', async () => {
  await startServer();
  const response = await open(url, admin, list);
  await expectNoReading();
  const stopped = await lastRead();
  response.destroy();
  await sleep(1000);
  await expectNoReading();
  expect(await lastRead()).toBe(stopped);
  expect((await readWhole(url, admin, small)).items).toHaveLength(500);
});
