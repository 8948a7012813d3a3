import pg from 'pg';
import { PgBouncer } from '../support/pgbouncer.js';
import { useProcesses } from '../support/process.js';
import { Cluster } from './cluster.js';
import { HA_PROGRAMS } from './setup.js';
import { trial, type Fault } from './trial.js';

/** `describe`, skipped if a program of the cluster can neither be found nor fetched. */
export const withPrograms = process.env[HA_PROGRAMS] === undefined ? describe.skip : describe;

/** Gives the tests of a file one cluster. @returns a function that runs a trial, perhaps with PgBouncer in between */
export function useCluster(): (fault: Fault, pooler?: 'PgBouncer') => Promise<void> {
  const start = useProcesses();
  let cluster: Cluster | undefined;
  beforeAll(async () => {
    cluster = await Cluster.start();
  });
  afterAll(() => cluster?.remove());
  return async (fault, pooler) => {
    if (cluster === undefined) throw new Error('There is no cluster.');
    const running = cluster;
    if (pooler === undefined) await trial(running, start, fault);
    else await throughPooler(running, (url) => trial(running, start, fault, url));
  };
}

/** Puts PgBouncer between the service and HAProxy, with the settings of docs/operations.md. */
async function throughPooler({ url }: Cluster, work: (url: string) => Promise<void>): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(`ALTER ROLE memberships_server SET statement_timeout = '10s'`);
  await client.query(`ALTER ROLE memberships_server SET idle_in_transaction_session_timeout = '15s'`);
  await client.end();
  // Otherwise it waits 15 seconds before it connects again.
  const settings = ['server_login_retry = 1', 'query_wait_timeout = 5'];
  const pooler = await PgBouncer.start(new URL(url), undefined, settings);
  await work(pooler.url).finally(() => pooler.stop());
}
