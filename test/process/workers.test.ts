import { Agent, get } from 'node:http';
import { run } from '../support/cli.js';
import { HOSPITAL } from '../support/bodies.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { useProcesses, type ServerProcess } from '../support/process.js';
import { connectTo, rawRequest, readResponse } from '../support/raw.js';
import { isServer } from '../support/server.js';
import { until } from '../support/until.js';

const start = useProcesses();
const REDIS_URL = process.env['TEST_REDIS_URL'];

let database: TestDatabase;
let token: string;
beforeEach(async () => {
  database = await createTestDatabase();
  await database.dataSource.destroy();
  const command = ['medic', 'create', '--name', 'A', '--email', 'a@example.org', '--password', 'a long password'];
  token = (await run(database.variables, ...command)).out.trimEnd();
});
afterEach(() => database.drop());

/** @returns the pids of the listening processes, according to the log */
function listeners({ output }: ServerProcess): Set<number> {
  return new Set([...output.matchAll(/"pid":(\d+),[^\n]*"msg":"Server listening/g)].map(([, pid]) => Number(pid)));
}

/** Starts two workers. @returns the server once both listen */
async function startTwo(variables: Record<string, string> = {}) {
  const server = start({ ...database.variables, WEB_CONCURRENCY: '2', ...variables });
  const url = await server.url();
  await until(() => listeners(server).size === 2);
  return { server, url, pids: [...listeners(server)] };
}

/** Sends a request over its own connection, so that any worker may get it. */
function send(url: string, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${url}/api/v2${path}`, { ...init, headers: { connection: 'close', ...init.headers } });
}

function list(url: string, key = token): Promise<Response> {
  return send(url, '/locations/', { headers: { authorization: `Token ${key}` } });
}

/** Keeps one connection, and therefore one worker. @returns a function that lists over it, and one that closes it */
function listOver(url: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { authorization: `Token ${token}` };
  const status = () =>
    new Promise<number | undefined>((resolve, reject) => {
      get(`${url}/api/v2/locations/`, { agent, headers }, (response) => {
        response.resume().once('end', () => {
          resolve(response.statusCode);
        });
      }).once('error', reject);
    });
  return {
    status,
    end: () => {
      agent.destroy();
    },
  };
}

/** Starts requests over eight connections, spread over both workers. @returns a function that completes them and expects success */
async function beginRequests(url: string) {
  const headers = { Authorization: `Token ${token}`, 'Content-Type': 'application/json' };
  const request = rawRequest('POST /api/v2/hospital/', headers, JSON.stringify(HOSPITAL));
  const sockets = await Promise.all(Array.from({ length: 8 }, () => connectTo(url)));
  const responses = sockets.map((socket) => readResponse(socket));
  for (const socket of sockets) socket.write(request.subarray(0, -5));
  // Connections are handed out in order, so a response proves that the earlier ones have arrived.
  for (const _ of sockets) await list(url);
  return async () => {
    for (const socket of sockets) socket.write(request.subarray(-5));
    for (const response of responses) (await response).isCreated(HOSPITAL);
  };
}

/** @returns whether nothing listens at the URL anymore */
async function isClosed(url: string): Promise<boolean> {
  const socket = await connectTo(url).catch(() => null);
  socket?.destroy();
  return socket === null;
}

(isServer ? describe : describe.skip)('two worker processes', () => {
  test('two workers serve one port, and each line of the log is whole and names its process', async () => {
    const { server, url, pids } = await startTwo();
    const responses = await Promise.all(Array.from({ length: 100 }, () => list(url)));
    expect(responses.map(({ status }) => status)).toEqual(Array(100).fill(200));
    expect(await server.stop('SIGTERM')).toEqual({ code: 0 });
    const lines = server.output.trimEnd().split('\n');
    const requests = lines.map((line) => JSON.parse(line) as { pid: number; msg: string });
    const writers = requests.filter(({ msg }) => msg === 'request').map(({ pid }) => pid);
    expect(writers).toHaveLength(100);
    expect(new Set(writers)).toEqual(new Set(pids));
  });

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'two workers finish the requests in progress on %s, and the command exits 0',
    async (signal) => {
      const { server, url } = await startTwo();
      const finish = await beginRequests(url);
      server.signal(signal);
      await until(() => isClosed(url));
      await finish();
      expect(await server.ended).toEqual({ code: 0 });
      expect(server.errors).toBe('');
    },
  );

  test('two workers finish the requests in progress if a terminal interrupts all processes at once', async () => {
    const { server, url, pids } = await startTwo();
    const finish = await beginRequests(url);
    for (const pid of pids) process.kill(pid, 'SIGINT');
    server.signal('SIGINT');
    await until(() => isClosed(url));
    await finish();
    expect(await server.ended).toEqual({ code: 0 });
    expect(server.errors).toBe('');
  });

  test('two workers finish the requests in progress, free the port at once and exit if their primary is killed', async () => {
    const { server, url } = await startTwo({ RATE_LIMIT: '100000' });
    const finish = await beginRequests(url);
    server.signal('SIGKILL');
    await until(() => isClosed(url));
    await finish();
    // The output ends only when no process holds it anymore.
    expect(await server.ended).toEqual({ code: null });
    expect(server.errors).toBe('');
  });

  test('a worker that dies is replaced', async () => {
    const { server, url, pids } = await startTwo();
    const [first = 0, second = 0] = pids;
    process.kill(first, 'SIGKILL');
    await until(() => listeners(server).size === 3);
    process.kill(second, 'SIGKILL');
    await until(() => listeners(server).size === 4);
    expect((await list(url)).status).toBe(200);
    expect(server.output).toContain(`"worker":${String(second)},"code":null,"signal":"SIGKILL"`);
    expect(await server.stop('SIGTERM')).toEqual({ code: 0 });
  });

  test('the command exits 1 with one sentence if no worker is left and none can start', async () => {
    const { server, pids } = await startTwo();
    const client = await database.connect();
    await client.query('TRUNCATE migration');
    await client.end();
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    expect(await server.ended).toEqual({ code: 1 });
    expect(server.errors).toMatch(/^The schema of the database is behind [^\n]+\n$/);
  });
});

(isServer ? describe : describe.skip)('the rate limits of two workers', () => {
  test('the limit is divided between two workers', async () => {
    const { url } = await startTwo({ RATE_LIMIT: '10' });
    const [one, other] = [listOver(url), listOver(url)];
    const statuses: (number | undefined)[] = [];
    for (let sent = 0; sent < 8; sent += 1) statuses.push(await one.status());
    // A second connection is handed to the other worker.
    for (let sent = 0; sent < 8; sent += 1) statuses.push(await other.status());
    expect(statuses.filter((status) => status === 200)).toHaveLength(10);
    const { headers } = await list(url);
    expect([headers.get('ratelimit-limit'), headers.get('ratelimit-remaining')]).toEqual(['5', '0']);
    one.end();
    other.end();
  });

  (REDIS_URL === undefined ? test.skip : test)('two workers that share a Redis count requests together', async () => {
    const { server, url, pids } = await startTwo({ RATE_LIMIT: '10', REDIS_URL: REDIS_URL ?? '' });
    const left: (string | null)[] = [];
    for (let sent = 0; sent < 10; sent += 1) {
      const { status, headers } = await list(url);
      expect([status, headers.get('ratelimit-limit')]).toEqual([200, '10']);
      left.push(headers.get('ratelimit-remaining'));
    }
    expect(left).toEqual(['9', '8', '7', '6', '5', '4', '3', '2', '1', '0']);
    expect((await list(url)).status).toBe(429);
    await until(() => pids.every((pid) => new RegExp(`"pid":${String(pid)},"reqId"`).test(server.output)));
  });

  test('a password may be mistyped five times even if two workers divide the limit', async () => {
    const { url } = await startTwo({ WEB_CONCURRENCY: '2' });
    const logIn = (password: string) =>
      send(url, '/token-auth/', { method: 'POST', body: new URLSearchParams({ email: 'a@example.org', password }) });
    const statuses: number[] = [];
    for (let sent = 0; sent < 12; sent += 1) statuses.push((await logIn('a wrong password')).status);
    expect(statuses.slice(0, 5)).toEqual(Array(5).fill(400));
    expect(statuses.filter((status) => status === 400)).toHaveLength(10);
  });
});

(isServer ? describe : describe.skip)('if no worker can start', () => {
  test.each([
    ['PORT', 'x'],
    ['HOST', '192.0.2.1'],
    ['DATABASE_URL', 'postgres://u@127.0.0.1:1/d'],
    ['WEB_CONCURRENCY', '65'],
  ])('if %s=%s keeps every worker from starting, one sentence says so', async (name, value) => {
    const server = start({ ...database.variables, WEB_CONCURRENCY: '4', [name]: value });
    expect(await server.ended).toEqual({ code: 1 });
    expect(server.errors).toMatch(new RegExp(`^[^\\n]*${name}[^\\n]*\\.\\n$`));
  });
});

(isServer ? test : test.skip)(
  'if the operating system cannot start a worker, the command exits 1 and logs why',
  async () => {
    const elsewhere = encodeURIComponent('process.execPath = "/nowhere"');
    const options = { WEB_CONCURRENCY: '2', NODE_OPTIONS: `--import=data:text/javascript,${elsewhere}` };
    const server = start({ ...database.variables, ...options });
    expect(await server.ended).toEqual({ code: 1 });
    expect(server.output).toMatch(/^[^\n]*"code":"ENOENT","msg":"A worker could not be started."[^\n]*\n$/);
  },
);

test('the embedded database refuses several workers, because only one process can open it', async () => {
  const server = start({ WEB_CONCURRENCY: '2' });
  expect(await server.ended).toEqual({ code: 1 });
  expect(server.errors).toMatch(/^The settings are not valid: WEB_CONCURRENCY must be 1 [^\n]+\.\n$/);
});
