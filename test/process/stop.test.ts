import { DataSource } from 'typeorm';
import { postgresOptions } from '../../src/database/data-source-options.js';
import { HOSPITAL } from '../support/bodies.js';
import { run } from '../support/cli.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { empty } from '../support/empty.js';
import { useProcesses } from '../support/process.js';
import { Proxy } from '../support/proxy.js';
import { connectTo, rawRequest, readResponse } from '../support/raw.js';
import { isServer } from '../support/server.js';
import { until } from '../support/until.js';

const start = useProcesses();
const testOnServer = isServer ? test : test.skip;

let database: TestDatabase;
let token: string;
beforeEach(async () => {
  database = await createTestDatabase();
  await database.dataSource.destroy();
  const { out } = await run(database.variables, 'medic', 'create', '--name', 'A', '--email', 'a@example.org');
  token = out.trimEnd();
});
let proxy: Proxy | undefined;
afterEach(async () => {
  await proxy?.stop();
  await database.drop();
});

/** @returns whether nothing listens at the URL anymore */
async function isClosed(url: string): Promise<boolean> {
  const socket = await connectTo(url).catch(() => null);
  socket?.destroy();
  return socket === null;
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s lets a request in progress finish, and the process exits 0',
  async (signal) => {
    const server = start(database.variables);
    const url = await server.url();
    const idle = (await connectTo(url)).resume();
    const socket = await connectTo(url);
    const response = readResponse(socket);
    const body = JSON.stringify(HOSPITAL);
    const type = { 'Content-Type': 'application/json', Connection: 'keep-alive' };
    const headers = { Authorization: `Token ${token}`, ...type };
    const request = rawRequest('POST /api/v2/hospital/', headers, body);
    socket.write(request.subarray(0, -5));
    await until(async () => (await fetch(`${url}/health/live`)).ok);
    server.signal(signal);
    await until(() => isClosed(url));
    socket.write(request.subarray(-5));
    (await response).isCreated(HOSPITAL);
    expect(await server.ended).toEqual({ code: 0 });
    expect([server.errors, idle.readableEnded]).toEqual(['', true]);
  },
);

testOnServer('a process ends on SIGTERM even if PostgreSQL stops responding', async () => {
  proxy = new Proxy(new URL(database.variables['DATABASE_URL'] ?? ''));
  await proxy.start();
  const server = start({ DATABASE_URL: proxy.url, RATE_LIMIT: '0' });
  const url = await server.url();
  const read = (path: string) => fetch(`${url}/api/v2${path}`, { headers: { authorization: `Token ${token}` } });
  expect((await read('/hospital/')).status).toBe(200);
  proxy.fallSilent();
  expect(await server.stop('SIGTERM')).toEqual({ code: 0 });
  expect(server.errors).toBe('');
});

testOnServer('with PostgreSQL the process never creates an account', async () => {
  const dataSource = await new DataSource(postgresOptions(database.variables['DATABASE_URL'] ?? '')).initialize();
  await empty(dataSource);
  const server = start(database.variables);
  await server.url();
  expect(await server.stop('SIGTERM')).toEqual({ code: 0 });
  expect(await dataSource.query('SELECT FROM medic')).toEqual([]);
  await dataSource.destroy();
  expect(server.output).not.toContain('hmk_');
});

testOnServer('with PostgreSQL the process does not start if migrations are missing', async () => {
  const dataSource = await new DataSource(postgresOptions(database.variables['DATABASE_URL'] ?? '')).initialize();
  for (const _ of dataSource.migrations) await dataSource.undoLastMigration();
  await dataSource.destroy();
  const server = start(database.variables);
  expect(await server.ended).toEqual({ code: 1 });
  expect(server.errors).toBe(
    'The schema of the database is behind this version of the service; run `npm run cli -- migrate` first.\n',
  );
});
