/** Compares the decisions of the service with those of SpiceDB, on the same PostgreSQL server. */
import { deepStrictEqual } from 'node:assert/strict';
import { questionOf } from '../answers.js';
import { moveDatabaseAside, SERVER_CORE } from '../cores.js';
import { createDatabase, dropDatabase, onServer, sizeOf } from '../database.js';
import { readFlags, serverUrlOfRun } from '../flags.js';
import { CONNECTIONS, load, type Load } from '../load.js';
import { Report } from '../report.js';
import { scenarioNamed, type Scenario } from '../scenarios.js';
import { setScene, type Question, type Scene } from '../scene.js';
import { BenchServer, databaseCpu, databaseCpuSince } from '../servers.js';
import { medianOf, round } from '../table.js';
import { installSpiceDb, KEY, startSpiceDb } from './engine.js';
import { post, writeRelationships } from './relationships.js';
import { checkOf } from './scenarios.js';

const DATABASE = 'hospital_memberships_bench_spicedb';
const PURPOSE = 'spicedb';
/** Share of the slowest contender's full speed at which latencies are measured. */
const PACE = 0.4;

interface Contender {
  readonly name: string;
  readonly server: BenchServer;
  readonly scene: Scene;
  readonly scenario: Scenario;
  readonly full: Load[];
  readonly paced: Load[];
  readonly cpu: number[];
  readonly databaseCpu: number[];
}

installSpiceDb();
const flags = readFlags({ rounds: 5, seconds: 4 });
const serverUrl = serverUrlOfRun();
const size = sizeOf(flags.memberships);
const report = new Report(flags.save);
const servers: BenchServer[] = [];
let giveCoresBack = () => {};
try {
  const url = await createDatabase(serverUrl, size, PURPOSE);
  const scene = await onServer(url, setScene);
  const service = await BenchServer.start('service', url, 24_560, SERVER_CORE);
  servers.push(service);
  await onServer(serverUrl, async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${DATABASE}`);
  });
  const spiceUrl = Object.assign(new URL(serverUrl), { pathname: `/${DATABASE}` }).href;
  const spicedb = await startSpiceDb(spiceUrl, 24_562);
  servers.push(spicedb);
  const written = await onServer(url, (client) => writeRelationships(client, spicedb.url));
  console.log(`${String(written)} relationships written.`);
  await onServer(spiceUrl, (client) => client.query('VACUUM ANALYZE'));
  await requireSameDecisions(scene, service, spicedb);
  giveCoresBack = moveDatabaseAside();
  const rows = [];
  for (const isBatch of [false, true]) {
    const contender = (name: string, server: BenchServer, scenario: Scenario): Contender => {
      const own = server === spicedb ? { ...scene, serviceKey: KEY } : scene;
      return { name, server, scene: own, scenario, full: [], paced: [], cpu: [], databaseCpu: [] };
    };
    const contenders = [
      contender('service', service, scenarioNamed(isBatch ? 'evaluations of 100' : 'evaluation')),
      contender('SpiceDB, fully_consistent', spicedb, checkOf('fullyConsistent', isBatch)),
      contender('SpiceDB, minimize_latency', spicedb, checkOf('minimizeLatency', isBatch)),
    ];
    await measure(contenders);
    rows.push(...contenders.map((each) => rowOf(each, isBatch)));
  }
  await report.table('spicedb', rows);
  for (const [plot, of] of [
    ['spicedb', 'one'],
    ['spicedb-batches', 'a batch of 100'],
  ] as const) {
    const shown = rows.filter(({ request }) => request === of);
    report.plot(plot, {
      title: `Decisions per second on one core, ${of} per request`,
      subtitle: 'A million memberships on the same PostgreSQL. More is better.',
      groups: shown.map(({ engine }) => engine),
      series: [{ name: 'decisions per second', values: shown.map((row) => row['decisions/s']) }],
    });
    report.plot(`${plot}-latency`, {
      title: `Latency in milliseconds, ${of} per request`,
      subtitle: 'The same load for all. Solid: median. Pale: 99th percentile, with its value. Less is better.',
      groups: shown.map(({ engine }) => engine),
      series: [{ name: 'latency', values: shown.map((row) => row['p50 ms']), upTo: shown.map((row) => row['p99 ms']) }],
    });
  }
} finally {
  giveCoresBack();
  for (const server of servers) await server.stop();
  await dropDatabase(serverUrl, size, PURPOSE);
  await onServer(serverUrl, (client) => client.query(`DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`));
}

async function measure(contenders: readonly Contender[]): Promise<void> {
  let first = 0;
  const run = ({ scenario, scene, server }: Contender, seconds: number, rest: number) => {
    first += 100_000;
    return load(scenario, scene, { url: server.url, seconds, first, rest });
  };
  for (const contender of contenders) await run(contender, 2, 0);
  for (let done = 0; done < flags.rounds; done += 1) {
    for (const contender of contenders) {
      const [before, databaseBefore] = [contender.server.cpu(), databaseCpu()];
      const sample = await run(contender, flags.seconds, 0);
      const requests = sample.requestsPerSecond * flags.seconds;
      contender.full.push(sample);
      contender.cpu.push((contender.server.cpu() - before) / requests);
      contender.databaseCpu.push(databaseCpuSince(databaseBefore) / requests);
    }
    const slowest = Math.min(...contenders.map(({ full }) => full.at(-1)?.requestsPerSecond ?? 1));
    const rest = (CONNECTIONS / (slowest * PACE)) * 1000;
    for (const contender of contenders) contender.paced.push(await run(contender, flags.seconds, rest));
  }
}

function rowOf({ name, server, scenario, full, paced, cpu, databaseCpu: database }: Contender, isBatch: boolean) {
  const decisions = scenario.decisions ?? 1;
  return {
    engine: name,
    request: isBatch ? 'a batch of 100' : 'one',
    'decisions/s': Math.round(decisions * medianOf(full.map(({ requestsPerSecond }) => requestsPerSecond))),
    'p50 ms': round(medianOf(paced.map(({ median }) => median))),
    'p99 ms': round(medianOf(paced.map(({ p99 }) => p99))),
    'cpu µs per decision': round(medianOf(cpu) / decisions),
    'db µs per decision': round(medianOf(database) / decisions),
    'most resident MB': Math.round(server.memory()),
  };
}

/** Both must do the same work: the decisions about the first thousand questions are equal. */
async function requireSameDecisions({ questions, serviceKey }: Scene, service: BenchServer, spicedb: BenchServer) {
  const asked = questions.slice(0, 1000);
  const response = await fetch(`${service.url}/access/v1/evaluations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${serviceKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ evaluations: asked.map(questionOf) }),
  });
  const { evaluations } = (await response.json()) as { evaluations: { decision: boolean }[] };
  const items = asked.map(([medic, hospital]: Question) => ({
    resource: { objectType: 'hospital', objectId: String(hospital) },
    permission: 'prescribe',
    subject: { object: { objectType: 'medic', objectId: String(medic) } },
  }));
  const body = { consistency: { fullyConsistent: true }, items };
  const { pairs } = (await post(`${spicedb.url}/v1/permissions/checkbulk`, body)) as {
    pairs: { item: { permissionship: string } }[];
  };
  deepStrictEqual(
    pairs.map(({ item }) => item.permissionship === 'PERMISSIONSHIP_HAS_PERMISSION'),
    evaluations.map(({ decision }) => decision),
  );
}
