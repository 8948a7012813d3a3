/**
 * Compares two workers with one. Each worker is limited to a quarter of a core, so that load generator and
 * database leave enough for the second one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CoreShare } from './cores.js';
import { createDatabase, dropDatabase, onServer, sizeOf } from './database.js';
import { readFlags, serverUrlOfRun } from './flags.js';
import { CONNECTIONS, load } from './load.js';
import { Report } from './report.js';
import { setScene, type Scene } from './scene.js';
import { SCENARIOS, type Scenario } from './scenarios.js';
import { BenchServer } from './servers.js';
import { medianOf, round } from './table.js';

const PART = 1 / 4;
const TARGET = 1.7;
/** Each of two workers gets as many as the single process of the other benchmarks. */
const connections = 2 * CONNECTIONS;

const READS = SCENARIOS.filter(({ isWrite }) => !isWrite);

// Seven requests, twice in each round: three minutes in all.
const flags = readFlags({ rounds: 3, seconds: 2 });
const serverUrl = serverUrlOfRun();
const size = sizeOf(flags.memberships);
const shares = [1, 2].map((number) => new CoreShare(`hospital-memberships-bench-${String(number)}`, PART));
const servers: BenchServer[] = [];
try {
  const databaseUrl = await createDatabase(serverUrl, size);
  const scene = await onServer(databaseUrl, setScene);
  const [one, two] = [await start(databaseUrl, scene, 1), await start(databaseUrl, scene, 2)];
  const rows = [];
  for (const scenario of READS) rows.push(await compare(scenario, scene, one, two));
  await new Report(flags.save).table('workers', rows);
} finally {
  for (const server of servers) await server.stop();
  for (const share of shares) share.remove();
  await dropDatabase(serverUrl, size);
}

async function start(databaseUrl: string, scene: Scene, workers: number): Promise<BenchServer> {
  const server = await BenchServer.start('service', databaseUrl, 24_510 + workers, '0,1', {
    WEB_CONCURRENCY: String(workers),
  });
  servers.push(server);
  // The second worker starts after the first one listens.
  await sleep(3000);
  // Warms up before the limit applies, otherwise the first responses would be too late.
  for (const scenario of READS) await speedOf(server, scenario, scene);
  const pids = server.processes();
  if (pids.length !== workers) throw new Error('A worker has not started, or has ended.');
  for (const [index, pid] of pids.entries()) shares[index]?.add(pid);
  return server;
}

async function compare(scenario: Scenario, scene: Scene, one: BenchServer, two: BenchServer) {
  const speeds: [number, number][] = [];
  for (let done = 0; done < flags.rounds; done += 1)
    speeds.push([await speedOf(one, scenario, scene), await speedOf(two, scenario, scene)]);
  return {
    endpoint: scenario.name,
    'one worker/s': Math.round(medianOf(speeds.map(([ofOne]) => ofOne))),
    'two workers/s': Math.round(medianOf(speeds.map(([, ofTwo]) => ofTwo))),
    ratio: round(medianOf(speeds.map(([ofOne, ofTwo]) => ofTwo / ofOne))),
    target: TARGET,
  };
}

async function speedOf({ url }: BenchServer, scenario: Scenario, scene: Scene): Promise<number> {
  return (await load(scenario, scene, { url, seconds: flags.seconds, first: 0, rest: 0, connections }))
    .requestsPerSecond;
}
