import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VERSION } from '../../src/config/version.js';
import { HOSPITAL } from '../support/bodies.js';
import { run } from '../support/cli.js';
import { createTestDatabase } from '../support/database.js';
import { useProcesses, type ServerProcess } from '../support/process.js';
import { isServer } from '../support/server.js';

const start = useProcesses();

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hospital-memberships-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Without load shedding, which a busy machine would cause. */
const startHere = () => start({ DATA_DIR: folder, RATE_LIMIT: '0' });

/** @returns the token that the first start prints */
async function tokenOf(server: ServerProcess): Promise<string> {
  await server.printed(/Its token is shown only once/);
  return /^ {2}(hmk_\w+)$/m.exec(server.output)?.[1] ?? '';
}

/** @returns the first page of the medic's memberships */
async function membershipsOf(url: string, token: string): Promise<{ count: number }> {
  const headers = { Authorization: `Token ${token}` };
  return (await (await fetch(`${url}/api/v2/management/memberships/`, { headers })).json()) as { count: number };
}

describe('the first start', () => {
  test('the first start prints a token once, the URL of Swagger UI, and a GET that works as printed and changes nothing', async () => {
    const server = startHere();
    const [url, token] = [await server.url(), await tokenOf(server)];
    const { output } = server;
    const port = new URL(url).port;
    expect(output).toMatch(/^Creating a database in \S+ …\n/);
    expect(token).toMatch(/^hmk_[0-9a-z]{39}$/);
    expect(output).toContain(`http://localhost:${port}/docs`);
    expect((await fetch(`${url}/docs`)).status).toBe(200);
    const [command = '', ...more] = output.match(/^ {2}curl .*$/gm) ?? [];
    expect(more).toEqual([]);
    const [, target = '', authorization = ''] = /curl (\S+) -H 'Authorization: ([^']+)'$/.exec(command) ?? [];
    expect(target).toBe(`http://localhost:${port}/api/v2/hospital/`);
    const listed = await fetch(url + new URL(target).pathname, { headers: { authorization } });
    expect([listed.status, await listed.json()]).toMatchObject([200, { count: 0 }]);
  });

  test('the first start also prints the key of the service account demo, which has every scope', async () => {
    const server = startHere();
    const [url, token] = [await server.url(), await tokenOf(server)];
    const [, key = ''] = /^ {2}(hms_[0-9a-z]{39})$/m.exec(server.output) ?? [];
    const introspected = await fetch(`${url}/oauth2/introspect`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: new URLSearchParams({ token }),
    });
    expect([introspected.status, await introspected.json()]).toMatchObject([200, { active: true, sub: '1' }]);
    expect(await server.stop('SIGTERM')).toEqual({ code: 0 });
    const listed = await run({ DATA_DIR: folder }, 'service', 'list', '--json');
    const scopes = ['decision:check', 'decision:search', 'token:introspect', 'event:read', 'record:read'];
    expect(JSON.parse(listed.out)).toMatchObject([{ name: 'demo', scopes }]);
  });

  test('the first start prints the public URL if it is set', async () => {
    const server = start({ DATA_DIR: folder, RATE_LIMIT: '0', PUBLIC_URL: 'https://api.example.org/base/' });
    await tokenOf(server);
    expect(server.output).toContain(' https://api.example.org/base/docs\n');
    expect(server.output).toContain('curl https://api.example.org/base/api/v2/hospital/ ');
  });
});

test('the second start prints no token and keeps the data', async () => {
  const first = startHere();
  const [url, token] = [await first.url(), await tokenOf(first)];
  const headers = { Authorization: `Token ${token}` };
  const created = await fetch(`${url}/api/v2/hospital/`, {
    method: 'POST',
    headers,
    body: new URLSearchParams(HOSPITAL),
  });
  expect(created.status).toBe(201);
  expect(await first.stop('SIGTERM')).toEqual({ code: 0 });
  const second = startHere();
  expect(await membershipsOf(await second.url(), token)).toMatchObject({ count: 1 });
  expect(await second.stop('SIGINT')).toEqual({ code: 0 });
  expect(second.output).not.toMatch(/hm[ks]_|Creating/);
  expect(second.output).toContain('The embedded database is for trying the service out;');
});

test('the log has a line at the start, with version, database, pid and port, a warning of the embedded database, and a line at the stop', async () => {
  const server = startHere();
  const url = await server.url();
  expect(await server.stop('SIGTERM')).toEqual({ code: 0 });
  const lines = server.output.split('\n').filter((line) => line.startsWith('{'));
  expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
    expect.objectContaining({
      version: VERSION,
      database: expect.stringMatching(/^embedded PostgreSQL \d+/) as string,
      pid: server.pid,
      port: Number(new URL(url).port),
      msg: `Server listening at ${url}`,
    }),
    expect.objectContaining({
      level: 40,
      msg: 'The embedded database is for trying the service out; set DATABASE_URL to a PostgreSQL server before you store data that must not be lost.',
    }),
    expect.objectContaining({ msg: 'Server stopped' }),
  ]);
});

(isServer ? test : test.skip)('a process on a PostgreSQL server logs no warning at the start', async () => {
  const database = await createTestDatabase();
  await database.dataSource.destroy();
  const server = start({ ...database.variables, RATE_LIMIT: '0' });
  await server.url();
  expect(await server.stop('SIGTERM')).toEqual({ code: 0 });
  expect(server.output).not.toContain('"level":40');
  await database.drop();
});

test('a process that is killed while writing loses nothing that it has acknowledged', async () => {
  let server = startHere();
  const token = await tokenOf(server);
  const headers = { Authorization: `Token ${token}` };
  const acknowledged = new Set<string>();
  for (let round = 1; round <= 5; round += 1) {
    const url = await server.url();
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let turn = 0; ; turn += 1) {
        const name = [round, writer, turn].join('.');
        const body = new URLSearchParams({ ...HOSPITAL, name });
        const response = await fetch(`${url}/api/v2/hospital/`, { method: 'POST', headers, body }).catch(() => null);
        if (response?.status !== 201) return;
        acknowledged.add(name);
        if (acknowledged.size >= 20 * round) server.signal('SIGKILL');
      }
    });
    await Promise.all(writers);
    expect(await server.ended).toEqual({ code: null });
    server = startHere();
    const response = await fetch(`${await server.url()}/api/v2/hospital/?limit=1000`, { headers });
    const stored = (await response.json()) as { results: { name: string }[] };
    const names = new Set(stored.results.map(({ name }) => name));
    expect([...acknowledged].filter((name) => !names.has(name))).toEqual([]);
  }
  expect(acknowledged.size).toBeGreaterThanOrEqual(100);
});

test('a second process on the same folder is refused, and the first continues', async () => {
  const first = startHere();
  const [url, token] = [await first.url(), await tokenOf(first)];
  const second = startHere();
  expect(await second.ended).toEqual({ code: 1 });
  expect(second.errors).toMatch(
    /^The embedded database in \S+ is in use by another process; stop that process, or .*\.\n$/,
  );
  expect(second.output).not.toContain('hmk_');
  expect(await membershipsOf(url, token)).toMatchObject({ count: 0 });
});

test('--version prints the version, and starts nothing', async () => {
  const server = start({ DATA_DIR: folder }, { args: ['--version'] });
  expect(await server.ended).toEqual({ code: 0 });
  expect([server.output, server.errors, readdirSync(folder)]).toEqual([`${VERSION}\n`, '', []]);
});

describe('invalid settings', () => {
  test.each([
    ['PORT', 'x'],
    ['HOST', 'nobody.invalid'],
    ['HOST', '192.0.2.1'],
    ['DATABASE_URL', 'mysql://u:hunter2@h/d'],
    ['DATABASE_URL', 'postgres://u:hunter2@127.0.0.1:1/d'],
    ['PUBLIC_URL', 'x'],
    ['TRUST_PROXY', 'cafe'],
    ['CORS_ORIGINS', '*'],
    ['LOG_LEVEL', 'loud'],
    ['RATE_LIMIT', '-1'],
  ])('%s=%s ends the process with one sentence that names the setting', async (name, value) => {
    const server = start({ DATA_DIR: folder, [name]: value });
    expect(await server.ended).toEqual({ code: 1 });
    expect(server.errors).toMatch(new RegExp(`^[^\\n]*${name}[^\\n]*\\.\\n$`));
    expect(server.errors + server.output).not.toMatch(/hunter2|hmk_/);
  });

  test('a PORT in use ends the process with one sentence', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const server = start({ DATA_DIR: folder, PORT: String((other.address() as AddressInfo).port) });
    expect(await server.ended).toEqual({ code: 1 });
    expect(server.errors).toMatch(/^PORT is in use by another process; [^\n]*\n$/);
    other.close();
  });

  test('a DATA_DIR that is a file ends the process with one sentence, and the file is kept', async () => {
    const file = join(folder, 'file');
    await writeFile(file, 'kept');
    const server = start({ DATA_DIR: file });
    expect(await server.ended).toEqual({ code: 1 });
    expect(server.errors).toMatch(/^DATA_DIR must be a folder [^\n]*\n$/);
    expect(existsSync(file)).toBe(true);
  });

  test('a DATA_DIR that cannot be created ends the process with one sentence', async () => {
    const server = start({ DATA_DIR: '/proc/none/data' });
    expect(await server.ended).toEqual({ code: 1 });
    expect(server.errors).toMatch(/^DATA_DIR must be a folder [^\n]*\n$/);
  });
});
