import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { DataSource } from 'typeorm';
import { postgresOptions } from '../../src/database/data-source-options.js';
import { HOSPITAL } from '../support/bodies.js';
import type { Given, HospitalScene } from '../support/given.js';
import { useProcesses } from '../support/process.js';
import { until } from '../support/until.js';
import { by, keepAlive, send, type Reply, type Sent } from './exchange.js';
import { OwnPostgres } from './own-postgres.js';
import { givenOn } from './scratch.js';

const start = useProcesses();
const agent = keepAlive();

let server: OwnPostgres;
let database: DataSource;
let given: Given;
beforeAll(async () => {
  server = await OwnPostgres.create();
  await server.start();
  const env = { ...process.env, DATABASE_URL: server.url };
  await promisify(execFile)(process.execPath, ['dist/src/cli/main.js', 'migrate'], { env });
  database = await new DataSource(postgresOptions(server.url)).initialize();
  given = givenOn(database);
  // The service must not depend on the default of the server: the warning of a cancelled wait has to arrive.
  await database.query('ALTER ROLE postgres SET client_min_messages = error');
});
afterAll(async () => {
  agent.destroy();
  await database.destroy();
  await server.remove();
});

/** Makes commits wait for a standby that does not exist, or not anymore. */
async function requireStandby(isRequired: boolean): Promise<void> {
  await database.query(`ALTER SYSTEM SET synchronous_standby_names = '${isRequired ? 'missing' : ''}'`);
  await database.query('SELECT pg_reload_conf()');
  // A session that is not waiting reads its settings before its next statement.
  await until(async () => {
    const [row] = await database.query<[{ names: string }]>(
      `SELECT current_setting('synchronous_standby_names') AS names`,
    );
    return (row.names !== '') === isRequired;
  });
}

/** Ends the wait of each commit for the standby, as an operator would, until the response arrives. */
async function cancelWaitsUntil(response: Promise<Reply>): Promise<Reply> {
  let isDone = false;
  void response.finally(() => (isDone = true));
  await until(async () => {
    const waiting = `FROM pg_stat_activity WHERE wait_event = 'SyncRep'`;
    await database.query(`SELECT pg_cancel_backend(pid) ${waiting}`);
    return isDone;
  });
  return response;
}

/** A write of the scene's ADMIN, and a query that finds what it stored. */
const WRITES: [string, (scene: HospitalScene) => [Sent, string]][] = [
  [
    'a transaction',
    ({ admin, hospital }) => [
      by(admin, 'PATCH', `/hospital/${String(hospital)}`, { name: 'Other' }),
      `SELECT FROM hospital WHERE id = ${String(hospital)} AND name = 'Other'`,
    ],
  ],
  [
    'a single statement',
    ({ admin, hospital, outsider }) => [
      by(admin, 'POST', '/management/memberships/', { medic: outsider.id, hospital }),
      `SELECT FROM membership WHERE hospital_id = ${String(hospital)} AND medic_id = ${String(outsider.id)}`,
    ],
  ],
];

test.each(WRITES)('%s whose commit may not have been replicated is a 503, and the service goes on', async (_, of) => {
  const scene = await given.hospital();
  const url = await start({ DATABASE_URL: server.url, RATE_LIMIT: '0' }).url();
  const [write, stored] = of(scene);
  await requireStandby(true);
  try {
    const { status, headers } = await cancelWaitsUntil(send(url, write, agent));
    expect([status, Number(headers['retry-after']) >= 1]).toEqual([503, true]);
  } finally {
    await requireStandby(false);
  }
  // The outcome is unknown to the client: this server has stored it, and a failover would have lost it.
  expect(await database.query(stored)).toHaveLength(1);
  expect((await send(url, by(scene.admin, 'POST', '/hospital/', HOSPITAL), agent)).status).toBe(201);
});
