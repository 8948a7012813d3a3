import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { HOSPITAL } from '../support/bodies.js';
import { run } from '../support/cli.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { useProcesses, type ServerProcess } from '../support/process.js';
import { Proxy } from '../support/proxy.js';
import { isServer } from '../support/server.js';
import { until } from '../support/until.js';

const start = useProcesses();
const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
const TEXT = 'text/plain; version=0.0.4; charset=utf-8';

let database: TestDatabase;
let token: string;
beforeEach(async () => {
  database = await createTestDatabase();
  await database.dataSource.destroy();
  token = (await run(database.variables, 'medic', 'create', '--name', 'A', '--email', 'a@example.org')).out.trimEnd();
});
let proxy: Proxy | undefined;
afterEach(async () => {
  await proxy?.stop();
  proxy = undefined;
  await database.drop();
});

/** Starts a server with metrics. @returns it, its URL and that of its metrics */
async function startMeasured(variables: Record<string, string> = {}) {
  const server = start({ ...database.variables, RATE_LIMIT: '0', METRICS_PORT: '0', ...variables });
  const [, metrics = ''] = await server.printed(/"msg":"Metrics at (http:[^"]+)"/);
  return { server, url: await server.url(), metrics };
}

/** @returns the samples of the metrics: name and labels -> value */
async function scrape(metrics: string): Promise<Map<string, number>> {
  const text = await (await fetch(metrics)).text();
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

function count(samples: Map<string, number>, method: string, route: string, status: number): number {
  return (
    samples.get(
      `http_request_duration_seconds_count{method="${method}",route="${route}",status="${String(status)}"}`,
    ) ?? 0
  );
}

const list = (url: string, key = token) =>
  fetch(`${url}/api/v2/locations/`, { headers: { authorization: `Token ${key}`, connection: 'close' } });

test('a request counts by its method, the pattern of its path and its status, with nothing of the client in a label', async () => {
  const { url, metrics } = await startMeasured();
  expect((await list(url)).status).toBe(200);
  expect((await list(url, 'nonsense')).status).toBe(401);
  const unknown = ['/secret-1@example.org', '/api/v2/secret-2', '/api/v2/medics/%zz', '/api/v2/medics//'];
  for (const path of unknown) expect((await fetch(url + path)).status).toBe(404);
  await fetch(`${url}/api/v2/medics/777123?query=secret-3`, { headers: { authorization: `Token ${token}` } });
  await fetch(`${url}/api/v2/locations/`, { method: 'PROPFIND' });
  const samples = await until(async () => {
    const read = await scrape(metrics);
    return count(read, 'other', '/api/v2/locations', 405) === 1 ? read : undefined;
  });
  expect(count(samples, 'GET', '/api/v2/locations', 200)).toBe(1);
  expect(count(samples, 'GET', '/api/v2/locations', 401)).toBe(1);
  expect(count(samples, 'GET', 'unmatched', 404)).toBe(unknown.length);
  expect(count(samples, 'GET', '/api/v2/medics/:id', 404)).toBe(1);
  expect(samples.get('memberships_refused_keys_total{reason="none"}')).toBe(1);
  const text = await (await fetch(metrics)).text();
  expect(text).not.toMatch(/secret|777123|example\.org|hm[ks]_/);
});

test('the port of the metrics has /metrics, and nothing else', async () => {
  const { url, metrics } = await startMeasured();
  expect((await fetch(`${url}/metrics`)).status).toBe(404);
  for (const path of ['/', '/health/live', '/api/v2/hospital/', '/metrics/x']) {
    expect((await fetch(new URL(path, metrics))).status).toBe(404);
  }
  for (const method of ['POST', 'DELETE', 'OPTIONS']) expect((await fetch(metrics, { method })).status).toBe(404);
});

test('metrics are Prometheus text, or OpenMetrics for a client that prefers it', async () => {
  const { metrics } = await startMeasured();
  const read = async (accept: string) => {
    const response = await fetch(metrics, { headers: { accept } });
    return [response.status, response.headers.get('content-type'), await response.text()] as const;
  };
  const [status, type, text] = await read('*/*');
  expect([status, type]).toEqual([200, TEXT]);
  expect(text).toContain('# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total ');
  // The header of Prometheus 3.
  const prometheus =
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,' +
    'text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1';
  const [openStatus, openType, open] = await read(prometheus);
  expect([openStatus, openType]).toEqual([200, OPEN_METRICS]);
  expect(open).toContain('# TYPE process_cpu_seconds counter\nprocess_cpu_seconds_total ');
  expect(open.endsWith('\n# EOF\n')).toBe(true);
});

test('metrics include the process, its event loop, its database and its record', async () => {
  const { metrics } = await startMeasured();
  await until(async () => (await scrape(metrics)).get('memberships_record_waiting') === 0);
  const samples = await scrape(metrics);
  for (const name of [
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
    'process_start_time_seconds',
    'process_open_fds',
    'process_max_fds',
    'nodejs_heap_size_used_bytes',
    'nodejs_eventloop_lag_p99_seconds',
    'nodejs_eventloop_lag_max_seconds',
    `nodejs_version_info{version="${process.version}"}`,
    'http_requests_in_progress',
    'memberships_database_write_connections{state="idle"}',
    'memberships_database_waiting{queue="writes"}',
    'memberships_database_waiting{queue="pipeline"}',
    'memberships_record_position',
    'memberships_record_waiting_age_seconds',
  ]) {
    expect([name, samples.get(name)]).toEqual([name, expect.any(Number)]);
  }
  expect(samples.get('memberships_database_up')).toBe(1);
});

test('without METRICS_PORT nothing but PORT is open, and the log mentions no metrics', async () => {
  const server = start({ ...database.variables, RATE_LIMIT: '0' });
  const url = await server.url();
  expect((await fetch(`${url}/metrics`)).status).toBe(404);
  expect(server.output).not.toContain('Metrics at');
});

// The embedded database serves one process.
test.each(isServer ? ['1', '2'] : ['1'])(
  'with WEB_CONCURRENCY=%s, a METRICS_PORT in use ends the start with one sentence',
  async (count) => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const server = start({ ...database.variables, WEB_CONCURRENCY: count, METRICS_PORT: String(port) });
    expect(await server.ended).toEqual({ code: 1 });
    expect(server.errors).toBe(
      'METRICS_PORT is in use by another process; stop that process, or set METRICS_PORT to another number.\n',
    );
    other.close();
  },
);

(isServer ? describe : describe.skip)('on a PostgreSQL server', () => {
  test('a scrape while the database is away responds, and leaves out what only the database knows', async () => {
    proxy = new Proxy(new URL(database.variables['DATABASE_URL'] ?? ''));
    await proxy.start();
    const { url, metrics } = await startMeasured({ DATABASE_URL: proxy.url });
    expect((await scrape(metrics)).get('memberships_database_up')).toBe(1);
    for (const goAway of [() => proxy?.fallSilent(), () => proxy?.stop()]) {
      await goAway();
      const samples = await scrape(metrics);
      expect(samples.get('memberships_database_up')).toBe(0);
      expect([...samples.keys()].filter((name) => name.startsWith('memberships_record_'))).toEqual([]);
      expect(samples.get('memberships_database_waiting{queue="writes"}')).toBeDefined();
    }
    proxy.speak();
    await proxy.start();
    await until(async () => (await fetch(`${url}/health/ready`)).ok);
    await until(async () => (await scrape(metrics)).get('memberships_database_up') === 1);
  });

  test('waits for the database are counted by their queue, with their length', async () => {
    const { url, metrics } = await startMeasured();
    const body = new URLSearchParams(HOSPITAL);
    const headers = { authorization: `Token ${token}` };
    const create = async () => (await fetch(`${url}/api/v2/hospital/`, { method: 'POST', headers, body })).status;
    expect(await create()).toBe(201);
    expect((await fetch(`${url}/api/v2/hospital/`, { headers })).status).toBe(200);
    const before = await scrape(metrics);
    for (const queue of ['writes', 'lists', 'pipeline']) {
      expect(before.get(`memberships_database_wait_seconds_count{queue="${queue}"}`)).toBeGreaterThan(0);
    }
    // All ten connections for writes wait for a lock, and an eleventh write for one of them.
    const client = await database.connect();
    await client.query('BEGIN; LOCK hospital IN EXCLUSIVE MODE');
    const writes = Array.from({ length: 11 }, create);
    await until(async () => (await scrape(metrics)).get('memberships_database_waiting{queue="writes"}') === 1);
    expect((await scrape(metrics)).get('memberships_database_write_connections{state="busy"}')).toBe(10);
    await client.query('ROLLBACK');
    await client.end();
    expect(await Promise.all(writes)).toEqual(Array(11).fill(201));
    const sum = 'memberships_database_wait_seconds_sum{queue="writes"}';
    expect((await scrape(metrics)).get(sum)).toBeGreaterThan(before.get(sum) ?? 0);
  });

  test('changes that wait to enter the record are counted, with the age of the oldest', async () => {
    const { metrics } = await startMeasured();
    await until(async () => (await scrape(metrics)).get('memberships_record_waiting') === 0);
    const client = await database.connect();
    // Keeps the service from sequencing.
    await client.query('BEGIN; LOCK record_head IN SHARE ROW EXCLUSIVE MODE');
    const writer = await database.connect();
    await writer.query(`UPDATE medic SET is_active = false`);
    await until(async () => (await scrape(metrics)).get('memberships_record_waiting') === 1);
    await client.query('ROLLBACK');
    await until(async () => (await scrape(metrics)).get('memberships_record_waiting') === 0);
    await client.end();
    await writer.end();
  });

  /** @returns the pids of the listening workers, according to the log */
  const workersOf = ({ output }: ServerProcess) =>
    new Set([...output.matchAll(/"pid":(\d+),[^\n]*"msg":"Server listening/g)].map(([, pid]) => Number(pid)));

  test('the primary of several workers adds up their counters, and those of workers that have ended', async () => {
    const { server, url, metrics } = await startMeasured({ WEB_CONCURRENCY: '2' });
    await until(() => workersOf(server).size === 2);
    const sum = async () => count(await scrape(metrics), 'GET', '/api/v2/locations', 200);
    for (let sent = 0; sent < 20; sent += 1) expect((await list(url)).status).toBe(200);
    await until(async () => (await sum()) === 20);
    const [first = 0, second = 0] = workersOf(server);
    process.kill(first, 'SIGTERM');
    await until(() => workersOf(server).size === 3);
    expect(await sum()).toBe(20);
    // A scrape has already read what this one has counted.
    process.kill(second, 'SIGKILL');
    await until(() => workersOf(server).size === 4);
    expect(await sum()).toBe(20);
    const samples = await scrape(metrics);
    expect(samples.get('memberships_database_up')).toBe(1);
    expect(samples.get('process_start_time_seconds')).toEqual(expect.any(Number));
    expect(await server.stop('SIGTERM')).toEqual({ code: 0 });
  });

  test('a worker that is suspended does not hold up the metrics, and counts with its last values', async () => {
    const { server, url, metrics } = await startMeasured({ WEB_CONCURRENCY: '2' });
    await until(() => workersOf(server).size === 2);
    const sum = async () => count(await scrape(metrics), 'GET', '/api/v2/locations', 200);
    for (let sent = 0; sent < 20; sent += 1) expect((await list(url)).status).toBe(200);
    await until(async () => (await sum()) === 20);
    const [first = 0] = workersOf(server);
    process.kill(first, 'SIGSTOP');
    expect(await sum()).toBe(20);
    process.kill(first, 'SIGCONT');
  });
});
