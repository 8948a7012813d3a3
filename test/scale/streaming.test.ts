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
/** Upper bound of the process's memory above idle, in megabytes. */
const MOST_MEMORY = 60;
/** Upper bound of the time to the first byte, in milliseconds. */
const LATEST_FIRST_BYTE = 100;
const LISTS = 8;
/** Size of V8's old space, in megabytes; without a limit V8 collects late. */
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

/** Starts the built program in its own process, and waits until it is ready. */
async function startServer(variables: Record<string, string> = {}): Promise<void> {
  server = start({ DATABASE_URL: databaseUrl(), RATE_LIMIT: '0', ...variables });
  url = await server.url();
}

/** @returns the process's peak memory during `work`, in megabytes above idle */
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

/** Fails unless the list is complete and in order. @returns the time to its first byte, in milliseconds */
async function requireList(): Promise<number> {
  const { items, firstByte } = await readWhole(url, admin, list);
  expect(new Set(items.map(({ id }) => id)).size).toBe(MEMBERSHIPS);
  const order = items.map(({ id, date_joined }) => `${date_joined} ${String(id).padStart(10, '0')}`);
  expect(order.every((key, index) => index === 0 || key < (order[index - 1] ?? ''))).toBe(true);
  return firstByte;
}

test('a list of 100,000 memberships arrives complete and in order, and needs little memory', async () => {
  await startServer();
  const memory = await memoryOf(requireList);
  figure('streaming: most memory above idle, MB', Math.round(memory));
  expect(memory).toBeLessThan(MOST_MEMORY);
});

test('a service with a small heap sends one long list after another, each with a fast first byte', async () => {
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

/** @returns the start of the last query for a batch of memberships, and whether one is running */
async function lastRead(): Promise<string> {
  const [{ last }] = await dataSource.query<[{ last: string }]>(
    `SELECT concat(max(query_start), bool_or(state = 'active')) AS last FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'SELECT list.*%'`,
  );
  return last;
}

/** Fails unless the service stops reading from the database, and stays idle for two seconds. */
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

test('while a client does not read, the database is not read either; the rest arrives later', async () => {
  await startServer();
  const memory = await memoryOf(async () => {
    const response = await open(url, admin, list);
    await expectNoReading();
    const stopped = await lastRead();
    expect(stopped).toMatch(/^\d{4}-.*f$/);
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
    expect(JSON.parse(text)).toHaveLength(MEMBERSHIPS);
    expect(await lastRead()).not.toBe(stopped);
  });
  expect(memory).toBeLessThan(MOST_MEMORY);
});

test('twenty clients that do not read need little memory, and do not block other readers', async () => {
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

test('if a client disconnects, nothing more is read for it', async () => {
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
