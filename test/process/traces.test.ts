import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../support/cli.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { OtlpReceiver } from '../support/otlp-receiver.js';
import { useProcesses } from '../support/process.js';
import { until } from '../support/until.js';

const start = useProcesses();
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const SERVER = 2;
const CLIENT = 3;

let database: TestDatabase;
let token: string;
let receiver: OtlpReceiver;
beforeEach(async () => {
  database = await createTestDatabase();
  await database.dataSource.destroy();
  token = (await run(database.variables, 'medic', 'create', '--name', 'A', '--email', 'a@example.org')).out.trimEnd();
});
afterEach(async () => {
  receiver.stop();
  await database.drop();
});

async function startTraced(receiving = new OtlpReceiver(), variables: Record<string, string> = {}) {
  receiver = receiving;
  await receiver.start();
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url };
  const server = start({ ...database.variables, RATE_LIMIT: '0', ...endpoint, ...variables });
  return { server, url: await server.url() };
}

const send = (url: string, path: string, init: RequestInit = {}) =>
  fetch(`${url}/api/v2${path}`, { ...init, headers: { authorization: `Token ${token}`, ...init.headers } });

test('a request has a span in the trace of its client, its statements have spans below it, and its log line the trace', async () => {
  const { server, url } = await startTraced();
  const body = new URLSearchParams({ name: 'secret name', patron: 'P', location: 'L', contact: 'C' });
  const headers = { traceparent: `00-${TRACE}-${SPAN}-01`, 'x-request-id': 'traced' };
  expect((await send(url, '/hospital/?secret=1', { method: 'POST', body, headers })).status).toBe(201);
  const request = await until(() => receiver.spans.find(({ kind }) => kind === SERVER));
  expect(request).toMatchObject({
    traceId: TRACE,
    parentSpanId: SPAN,
    name: 'POST /api/v2/hospital',
    service: 'hospital-memberships',
    isError: false,
    attributes: {
      'http.request.method': 'POST',
      'http.route': '/api/v2/hospital',
      'http.response.status_code': 201,
      'hospital_memberships.request_id': 'traced',
    },
  });
  const statements = receiver.spans.filter(({ kind }) => kind === CLIENT);
  expect(statements.map(({ parentSpanId, traceId }) => [parentSpanId, traceId])).toEqual(
    statements.map(() => [request.spanId, TRACE]),
  );
  // The key, then the transaction with what it writes.
  const names = statements.map(({ name }) => name);
  for (const name of ['SELECT', 'BEGIN', 'INSERT', 'COMMIT']) expect(names).toContain(name);
  expect(JSON.stringify(receiver.spans)).not.toMatch(/secret|hm[ks]_/);
  await server.printed(new RegExp(`"reqId":"traced","trace_id":"${TRACE}"`));
});

test('a request without a traceparent begins a trace, whose id is in its log line', async () => {
  const { server, url } = await startTraced(new OtlpReceiver(), { OTEL_SERVICE_NAME: 'records' });
  expect((await send(url, '/nothing', { headers: { 'x-request-id': 'first' } })).status).toBe(404);
  expect((await send(url, '/locations/', { headers: { 'x-request-id': 'second' } })).status).toBe(200);
  const spans = await until(() => {
    const requests = receiver.spans.filter(({ kind }) => kind === SERVER);
    return requests.length === 2 ? requests : undefined;
  });
  expect(spans.map(({ name, parentSpanId, service }) => [name, parentSpanId ?? '', service])).toEqual([
    ['GET', '', 'records'],
    ['GET /api/v2/locations', '', 'records'],
  ]);
  const [, logged] = await server.printed(/"reqId":"second","trace_id":"([0-9a-f]{32})"/);
  expect(logged).toBe(spans[1]?.traceId);
});

test('a client that does not sample its trace, and OTEL_TRACES_SAMPLER_ARG=0, send no spans', async () => {
  const { server, url } = await startTraced(new OtlpReceiver(), { OTEL_TRACES_SAMPLER_ARG: '0' });
  expect((await send(url, '/locations/')).status).toBe(200);
  const unsampled = { traceparent: `00-${TRACE}-${SPAN}-00`, 'x-request-id': 'unsampled' };
  expect((await send(url, '/locations/', { headers: unsampled })).status).toBe(200);
  const sampled = { traceparent: `00-${TRACE}-${SPAN}-01` };
  expect((await send(url, '/hospital/', { headers: sampled })).status).toBe(200);
  await server.printed(new RegExp(`"reqId":"unsampled","trace_id":"${TRACE}"`));
  expect(await server.stop('SIGTERM')).toEqual({ code: 0 });
  const names = receiver.spans.filter(({ kind }) => kind === SERVER).map(({ name }) => name);
  expect(names).toEqual(['GET /api/v2/hospital']);
});

test('the last spans are sent before the process ends', async () => {
  const { server, url } = await startTraced();
  expect((await send(url, '/locations/')).status).toBe(200);
  expect(await server.stop('SIGTERM')).toEqual({ code: 0 });
  expect(receiver.spans.filter(({ kind }) => kind === SERVER)).toHaveLength(1);
});

test.each([
  ['never responds', () => new OtlpReceiver(true)],
  [
    'is not there',
    () => Object.assign(new OtlpReceiver(), { start: () => Promise.resolve(), url: 'http://127.0.0.1:1' }),
  ],
])('if the receiver %s, every request succeeds before it has answered, and the process ends', async (_, create) => {
  const { server, url } = await startTraced(create());
  for (let batch = 0; batch < 20; batch += 1) {
    const responses = await Promise.all(Array.from({ length: 50 }, () => send(url, '/locations/')));
    expect(responses.map(({ status }) => status)).toEqual(Array(50).fill(200));
  }
  expect(await server.stop('SIGTERM')).toEqual({ code: 0 });
  expect([server.errors, receiver.spans]).toEqual(['', []]);
});

test('without OTEL_EXPORTER_OTLP_ENDPOINT the log line has the trace of the client all the same', async () => {
  receiver = new OtlpReceiver();
  await receiver.start();
  const server = start({ ...database.variables, RATE_LIMIT: '0' });
  const url = await server.url();
  const headers = { traceparent: `00-${TRACE}-${SPAN}-01`, 'x-request-id': 'logged' };
  expect((await send(url, '/locations/', { headers })).status).toBe(200);
  await server.printed(new RegExp(`"reqId":"logged","trace_id":"${TRACE}"`));
  expect((await send(url, '/locations/', { headers: { traceparent: 'x', 'x-request-id': 'invalid' } })).status).toBe(
    200,
  );
  const [line] = await server.printed(/[^\n]*"reqId":"invalid"[^\n]*/);
  expect(line).not.toContain('trace_id');
  expect(receiver.spans).toEqual([]);
});

/** @returns the packages that a process loads until it has served a request, as its coverage lists them */
async function packagesOf(variables: Record<string, string>): Promise<Set<string>> {
  const folder = mkdtempSync(join(tmpdir(), 'hospital-memberships-loaded-'));
  const server = start({ ...database.variables, RATE_LIMIT: '0', NODE_V8_COVERAGE: folder, ...variables });
  expect((await send(await server.url(), '/locations/')).status).toBe(200);
  expect(await server.stop('SIGTERM')).toEqual({ code: 0 });
  const reports = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  rmSync(folder, { recursive: true });
  const scripts = reports.flatMap((report) => (JSON.parse(report) as { result: { url: string }[] }).result);
  return new Set(scripts.flatMap(({ url }) => /node_modules\/([^/]+)\//.exec(url)?.[1] ?? []));
}

test('OpenTelemetry is loaded only with OTEL_EXPORTER_OTLP_ENDPOINT, and prom-client only with METRICS_PORT', async () => {
  receiver = new OtlpReceiver();
  await receiver.start();
  const optional = ['@opentelemetry', 'prom-client'];
  const off = await packagesOf({});
  expect([off.has('@nestjs'), optional.filter((name) => off.has(name))]).toEqual([true, []]);
  const on = await packagesOf({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, METRICS_PORT: '0' });
  expect(optional.filter((name) => on.has(name))).toEqual(optional);
});
