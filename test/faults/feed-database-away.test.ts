import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { DataSource } from 'typeorm';
import { ServiceAccounts } from '../../src/auth/service-accounts.js';
import { postgresOptions } from '../../src/database/data-source-options.js';
import { Stream } from '../record/feed.js';
import { HOSPITAL } from '../support/bodies.js';
import { useProcesses } from '../support/process.js';
import { until } from '../support/until.js';
import { by, EACH_ITS_OWN, send } from './exchange.js';
import { OwnPostgres } from './own-postgres.js';
import { givenOn } from './scratch.js';

const start = useProcesses();

let postgres: OwnPostgres;
beforeEach(async () => {
  postgres = await OwnPostgres.create();
});
afterEach(() => postgres.remove());

/** Migrates the database. @returns a medic and the key of a service account, stored in it */
async function prepare() {
  const env = { ...process.env, DATABASE_URL: postgres.url };
  await promisify(execFile)(process.execPath, ['dist/src/cli/main.js', 'migrate'], { env });
  const dataSource = await new DataSource(postgresOptions(postgres.url)).initialize();
  try {
    const { key } = await new ServiceAccounts(dataSource).create({ name: 'reader', scopes: ['event:read'] });
    return { medic: await givenOn(dataSource).medic(), key };
  } finally {
    await dataSource.destroy();
  }
}

test('while the database is away event streams stay open, and afterwards they continue without a gap', async () => {
  await postgres.start();
  const { medic, key } = await prepare();
  const server = start({ DATABASE_URL: postgres.url, RATE_LIMIT: '0' });
  const url = await server.url();
  const create = () => send(url, by(medic, 'POST', '/hospital/', HOSPITAL), EACH_ITS_OWN);
  const stream = await Stream.open(url, key);
  expect((await create()).status).toBe(201);
  const first = await until(() => stream.blocks.find(({ data = '' }) => data.includes('"hospital.created"')));
  for (let restart = 0; restart < 2; restart += 1) {
    await postgres.crash();
    expect((await create()).status).toBe(503);
    const headers = { authorization: `Bearer ${key}` };
    expect((await fetch(`${url}/events?after=1`, { headers })).status).toBe(503);
    await postgres.start();
    await until(async () => (await create()).status === 201);
  }
  const third = await until(() => {
    const created = stream.blocks.filter(({ data = '' }) => data.includes('"hospital.created"'));
    return created.length === 3 ? created : undefined;
  });
  expect(third[0]).toEqual(first);
  expect(stream.hasEnded).toBe(false);
  const ids = stream.blocks.filter(({ data }) => data !== undefined).map(({ id }) => Number(id));
  expect(ids).toEqual(ids.map((_, index) => index + 1));
  stream.close();
  expect(server.output).not.toMatch(/unhandled|uncaught|unexpected error|"level":[56]0/i);
});
