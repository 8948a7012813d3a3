/** Compares the latency of each endpoint with ten million memberships to that with one million. */
import { moveDatabaseAside, SERVER_CORE } from './cores.js';
import { createDatabase, dropDatabase, onServer, sizeOf } from './database.js';
import { readFlags, serverUrlOfRun } from './flags.js';
import { load } from './load.js';
import { Report } from './report.js';
import { setScene, type Scene } from './scene.js';
import { SCENARIOS } from './scenarios.js';
import { BenchServer } from './servers.js';
import { medianOf } from './table.js';

/** Upper bound of the ratio of the medians, above which the run fails. */
const MOST = 1.3;
/** How many times as many memberships the larger database has. */
const GROWTH = 10;
/** Pause before each request of a connection, in milliseconds: neither server is busy, so nothing queues. */
const REST_MS = 40;

interface Place {
  readonly scene: Scene;
  readonly server: BenchServer;
}

const flags = readFlags({ rounds: 5, seconds: 3 });
const serverUrl = serverUrlOfRun();
const report = new Report(flags.save);
const sizes = [flags.memberships, GROWTH * flags.memberships];
const scenarios = SCENARIOS.filter(({ name }) => name.includes(flags.only));
const places: Place[] = [];
const giveCoresBack = moveDatabaseAside();
try {
  for (const [index, memberships] of sizes.entries()) {
    const url = await createDatabase(serverUrl, sizeOf(memberships));
    const scene = await onServer(url, setScene);
    places.push({ scene, server: await BenchServer.start('service', url, 24_520 + index, SERVER_CORE) });
  }
  const rows = [];
  const series = sizes.map((memberships) => ({ name: millionsOf(memberships), values: [] as number[] }));
  let first = 0;
  for (const scenario of scenarios) {
    const medians = places.map((): number[] => []);
    for (let round = -1; round < flags.rounds; round += 1) {
      for (const [index, { scene, server }] of places.entries()) {
        first += 10_000;
        const sample = await load(scenario, scene, {
          url: server.url,
          seconds: flags.seconds,
          first,
          rest: REST_MS,
        });
        // The first round only warms the caches.
        if (round >= 0) medians[index]?.push(sample.median);
      }
    }
    const [small = [], large = []] = medians;
    series[0]?.values.push(medianOf(small));
    series[1]?.values.push(medianOf(large));
    rows.push({
      endpoint: scenario.name,
      [`ms at ${millionsOf(flags.memberships)}`]: medianOf(small),
      [`ms at ${millionsOf(GROWTH * flags.memberships)}`]: medianOf(large),
      ratio: Math.round(medianOf(large.map((ms, round) => ms / (small[round] ?? Number.NaN))) * 100) / 100,
    });
  }
  await report.table('sizes', rows);
  report.plot('sizes', {
    title: 'Median latency with ten times the memberships, in milliseconds',
    subtitle: 'The service on one core, without queueing.',
    groups: scenarios.map(({ name }) => name),
    series,
  });
  if (rows.some(({ ratio }) => ratio > MOST)) process.exitCode = 1;
} finally {
  giveCoresBack();
  for (const { server } of places) await server.stop();
  for (const memberships of sizes) await dropDatabase(serverUrl, sizeOf(memberships));
}

function millionsOf(memberships: number): string {
  return `${String(memberships / 1_000_000)} million`;
}
