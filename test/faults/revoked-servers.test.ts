import { DataSource } from 'typeorm';
import { postgresOptions } from '../../src/database/data-source-options.js';
import { migrate } from '../../src/database/schema.js';
import { PgBouncer } from '../support/pgbouncer.js';
import { useProcesses } from '../support/process.js';
import { keepAlive } from './exchange.js';
import { expectNoLateAllow, PATIENCE_MS, ROUNDS } from './removals.js';
import { ReplicatedPostgres } from './replicated-postgres.js';
import { Scratch } from './scratch.js';

const scratch = new Scratch(useProcesses());
const agent = keepAlive();
let servers: ReplicatedPostgres;
beforeAll(async () => {
  servers = await ReplicatedPostgres.start();
  const dataSource = await new DataSource(postgresOptions(servers.primary.url)).initialize();
  await migrate(dataSource);
  scratch.adopt(dataSource, servers.primary.url);
});
afterAll(async () => {
  agent.destroy();
  await scratch.database.drop();
  await servers.remove();
});

/** Starts two processes with these settings, and takes rights away from their clients. */
async function takeAwayWith(variables: Record<string, string>): Promise<void> {
  const processes = [scratch.process(1, variables), scratch.process(1, variables)];
  const urls = await Promise.all(processes.map((process) => process.url()));
  await expectNoLateAllow(scratch, { urls, agent }, Math.ceil(ROUNDS / 4));
}

test(
  'no request that starts after the response to a removal succeeds, behind PgBouncer',
  async () => {
    const pooler = await PgBouncer.start(new URL(servers.primary.url));
    await takeAwayWith({ DATABASE_URL: pooler.url }).finally(() => pooler.stop());
  },
  PATIENCE_MS,
);

test(
  'no request that starts after the response to a removal succeeds, with a replica that serves lists',
  async () => {
    const before = await servers.scansOfReplica();
    await takeAwayWith({ DATABASE_REPLICA_URLS: servers.replica.url });
    expect(await servers.scansOfReplica()).toBeGreaterThan(before);
  },
  PATIENCE_MS,
);

test(
  'no request that starts after the response to a removal succeeds, with a replica that stands still',
  async () => {
    await servers.pauseReplay();
    await takeAwayWith({ DATABASE_REPLICA_URLS: servers.replica.url }).finally(() => servers.resumeReplay());
  },
  PATIENCE_MS,
);
