import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { DataSource } from 'typeorm';
import { postgresOptions } from '../../src/database/data-source-options.js';
import { SigningKeys } from '../../src/record/evidence/signing-keys.js';
import { WebhookSecrets } from '../../src/record/webhooks/secrets.js';
import { Webhooks } from '../../src/record/webhooks/webhooks.js';
import { HOSPITAL } from '../support/bodies.js';
import { useProcesses } from '../support/process.js';
import { until } from '../support/until.js';
import { useCertificate } from '../webhooks/certificate.js';
import { Receiver } from '../webhooks/receiver.js';
import { by, EACH_ITS_OWN, send } from './exchange.js';
import { OwnPostgres } from './own-postgres.js';
import { givenOn } from './scratch.js';

const start = useProcesses();
const certificate = useCertificate();

let postgres: OwnPostgres;
let receiver: Receiver;
beforeEach(async () => {
  postgres = await OwnPostgres.create();
  receiver = await new Receiver(certificate).listen();
});
afterEach(async () => {
  receiver.close();
  await postgres.remove();
});

/** Migrates the database and adds a webhook. @returns a medic stored in it */
async function prepare() {
  const env = { ...process.env, DATABASE_URL: postgres.url };
  await promisify(execFile)(process.execPath, ['dist/src/cli/main.js', 'migrate'], { env });
  const dataSource = await new DataSource(postgresOptions(postgres.url)).initialize();
  try {
    const webhooks = new Webhooks(dataSource, new WebhookSecrets(SigningKeys.none));
    await webhooks.add({ name: 'hook', url: receiver.url(), after: 0 });
    return await givenOn(dataSource).medic();
  } finally {
    await dataSource.destroy();
  }
}

test('after the database was away, even in the middle of a delivery, a webhook continues without a gap or a flood of lines', async () => {
  await postgres.start();
  const medic = await prepare();
  const settings = { WEBHOOK_NETWORKS: '127.0.0.1', WEBHOOK_CA_FILE: certificate.file };
  const server = start({ DATABASE_URL: postgres.url, RATE_LIMIT: '0', ...settings });
  const url = await server.url();
  const create = () => send(url, by(medic, 'POST', '/hospital/', HOSPITAL), EACH_ITS_OWN);
  const last = () => Math.max(0, ...receiver.positions);
  for (let restart = 1; restart <= 2; restart += 1) {
    await until(async () => (await create()).status === 201);
    await until(() => last() >= restart * 2);
    // The position of this one cannot be stored: its response comes while the database is away.
    receiver.replies.push('hang');
    const before = receiver.received.length;
    expect((await create()).status).toBe(201);
    await receiver.of(before + 1);
    await postgres.crash();
    expect((await create()).status).toBe(503);
    // Several times the interval at which the process looks for work.
    await new Promise((resolve) => setTimeout(resolve, 5000));
    await postgres.start();
  }
  await until(async () => (await create()).status === 201);
  const head = async () => {
    const dataSource = await new DataSource(postgresOptions(postgres.url)).initialize();
    const [row] = await dataSource
      .query<{ position: number }[]>('SELECT position::integer AS position FROM record_head')
      .finally(() => dataSource.destroy());
    return row?.position ?? 0;
  };
  await until(async () => last() === (await head()));
  const distinct = receiver.positions.filter((position, index, all) => position !== all[index - 1]);
  expect(distinct).toEqual(distinct.map((_, index) => index + 1));
  const lines = server.output.split('\n').filter((line) => line.includes('webhooks: '));
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.length).toBeLessThanOrEqual(8);
  expect(server.output).not.toMatch(/unhandled|uncaught|unexpected error|"level":[56]0/i);
});
