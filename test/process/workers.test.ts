import { Agent, get } from 'node:http';
import { run } from '../support/cli.js';
import { HOSPITAL } from '../support/bodies.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { useProcesses, type ServerProcess } from '../support/process.js';
import { connectTo, rawRequest, readAnswer } from '../support/raw.js';
import { isServer } from '../support/server.js';
import { until } from '../support/until.js';

const start = useProcesses();
const REDIS_URL = process.env['TEST_REDIS_URL'];

let database: TestDatabase;
/** A medic's key. */
let token: string;
beforeEach(async () => {
  database = await createTestDatabase();
  await database.dataSource.destroy();
  const command = ['medic', 'create', '--name', 'A', '--email', 'a@example.org', '--password', 'a long password'];
  token = (await run(database.variables, ...command)).out.trimEnd();
});
afterEach(() => database.drop());

/** @returns the processes that listen, by what the program logs */
function listeners({ output }: ServerProcess): Set<number> {
  return new Set([...output.matchAll(/"pid":(\d+),[^\n]*"msg":"Server listening/g)].map(([, pid]) => Number(pid)));
}

/** Starts two workers. @returns once both listen */
async function startTwo(variables: Record<string, string> = {}) {
  const server = start({ ...database.variables, WEB_CONCURRENCY: '2', ...variables });
  const url = await server.url();
  await until(() => listeners(server).size === 2);
  return { server, url, pids: [...listeners(server)] };
}

/** Sends a request over a connection of its own, so that any worker may get it. */
function ask(url: string, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${url}/api/v2${path}`, { ...init, headers: { connection: 'close', ...init.headers } });
}

function list(url: string, key = token): Promise<Response> {
  return ask(url, '/locations/', { headers: { authorization: `Token ${key}` } });
}

/** Keeps one connection, and so one worker. @returns what asks for {@link list} over it, and what ends it */
function listOver(url: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { authorization: `Token ${token}` };
  const status = () =>
    new Promise<number | undefined>((resolve, reject) => {
      get(`${url}/api/v2/locations/`, { agent, headers }, (answer) => {
        answer.resume().once('end', () => {
          resolve(answer.statusCode);
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

/** Begins requests over eight connections, which both workers get. @returns what ends them and gives the answers */
async function beginRequests(url: string) {
  const headers = { Authorization: `Token ${token}`, 'Content-Type': 'application/json' };
  const request = rawRequest('POST /api/v2/hospital/', headers, JSON.stringify(HOSPITAL));
  const sockets = await Promise.all(Array.from({ length: 8 }, () => connectTo(url)));
  const answers = sockets.map((socket) => readAnswer(socket));
  for (const socket of sockets) socket.write(request.subarray(0, -5));
  // Whoever answers this has been handed the connections before it.
  for (const _ of sockets) await list(url);
  return async () => {
    for (const socket of sockets) socket.write(request.subarray(-5));
    for (const answer of answers) (await answer).isCreated(HOSPITAL);
  };
}

/** @returns whether nothing listens at the URL any more */
async function isClosed(url: string): Promise<boolean> {
  const socket = await connectTo(url).catch(() => null);
  socket?.destroy();
  return socket === null;
}

(isServer ? describe : describe.skip)('two worker processes', () => {
  test('answer under one port, and their lines in the log are whole and say who wrote them', async () => {
    const { server, url, pids } = await startTwo();
    const answers = await Promise.all(Array.from({ length: 100 }, () => list(url)));
    expect(answers.map(({ status }) => status)).toEqual(Array(100).fill(200));
    expect(await server.stop('SIGTERM')).toEqual({ code: 0 });
    const lines = server.output.trimEnd().split('\n');
    const requests = lines.map((line) => JSON.parse(line) as { pid: number; msg: string });
    const writers = requests.filter(({ msg }) => msg === 'request').map(({ pid }) => pid);
    expect(writers).toHaveLength(100);
    expect(new Set(writers)).toEqual(new Set(pids));
  });

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'finish the requests under way at %s, and the command exits 0',
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

  test('finish the requests under way when a terminal interrupts all processes at once', async () => {
    const { server, url, pids } = await startTwo();
    const finish = await beginRequests(url);
    for (const pid of pids) process.kill(pid, 'SIGINT');
    server.signal('SIGINT');
    await until(() => isClosed(url));
    await finish();
    expect(await server.ended).toEqual({ code: 0 });
    expect(server.errors).toBe('');
  });

  test('finish the requests under way and end when their primary is killed, and free the port at once', async () => {
    const { server, url } = await startTwo({ RATE_LIMIT: '100000' });
    const finish = await beginRequests(url);
    server.signal('SIGKILL');
    await until(() => isClosed(url));
    await finish();
    // Its output is closed only when nobody holds it any more.
    expect(await server.ended).toEqual({ code: null });
    expect(server.errors).toBe('');
  });

  test('are replaced when they die', async () => {
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

  test('end with status 1, saying why once, when none is left and none can start', async () => {
    const { server, pids } = await startTwo();
    const client = await database.connect();
    await client.query('TRUNCATE migration');
    await client.end();
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    expect(await server.ended).toEqual({ code: 1 });
    expect(server.errors).toMatch(/^The schema of the database is behind [^\n]+\n$/);
  });
});

(isServer ? describe : describe.skip)('the limits of two worker processes', () => {
  test('are divided, so that each lets its share through and both no more than the limit', async () => {
    const { url } = await startTwo({ RATE_LIMIT: '10' });
    const [one, other] = [listOver(url), listOver(url)];
    const statuses: (number | undefined)[] = [];
    for (let sent = 0; sent < 8; sent += 1) statuses.push(await one.status());
    // A connection more is handed to the other worker.
    for (let sent = 0; sent < 8; sent += 1) statuses.push(await other.status());
    expect(statuses.filter((status) => status === 200)).toHaveLength(10);
    const { headers } = await list(url);
    expect([headers.get('ratelimit-limit'), headers.get('ratelimit-remaining')]).toEqual(['5', '0']);
    one.end();
    other.end();
  });

  (REDIS_URL === undefined ? test.skip : test)('are counted together if both count in Redis', async () => {
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

  test('let a password be mistyped five times over one connection', async () => {
    const { url } = await startTwo({ WEB_CONCURRENCY: '2' });
    const logIn = (password: string) =>
      ask(url, '/token-auth/', { method: 'POST', body: new URLSearchParams({ email: 'a@example.org', password }) });
    const statuses: number[] = [];
    for (let sent = 0; sent < 12; sent += 1) statuses.push((await logIn('a wrong password')).status);
    expect(statuses.slice(0, 5)).toEqual(Array(5).fill(400));
    expect(statuses.filter((status) => status === 400)).toHaveLength(10);
  });
});

(isServer ? describe : describe.skip)('what keeps every worker from starting is said once', () => {
  test.each([
    ['PORT', 'x'],
    ['HOST', '192.0.2.1'],
    ['DATABASE_URL', 'postgres://u@127.0.0.1:1/d'],
    ['WEB_CONCURRENCY', '65'],
  ])('%s=%s', async (name, value) => {
    const server = start({ ...database.variables, WEB_CONCURRENCY: '4', [name]: value });
    expect(await server.ended).toEqual({ code: 1 });
    expect(server.errors).toMatch(new RegExp(`^[^\\n]*${name}[^\\n]*\\.\\n$`));
  });
});

(isServer ? test : test.skip)('a worker that the system does not start ends the whole, which says so', async () => {
  const elsewhere = encodeURIComponent('process.execPath = "/nowhere"');
  const options = { WEB_CONCURRENCY: '2', NODE_OPTIONS: `--import=data:text/javascript,${elsewhere}` };
  const server = start({ ...database.variables, ...options });
  expect(await server.ended).toEqual({ code: 1 });
  expect(server.output).toMatch(/^[^\n]*"code":"ENOENT","msg":"A worker could not be started."[^\n]*\n$/);
});

test('the embedded database, which one process can open, refuses several workers', async () => {
  const server = start({ WEB_CONCURRENCY: '2' });
  expect(await server.ended).toEqual({ code: 1 });
  expect(server.errors).toMatch(/^The settings are not valid: WEB_CONCURRENCY must be 1 [^\n]+\.\n$/);
});
