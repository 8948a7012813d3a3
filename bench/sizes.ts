/** Compares the latency of each endpoint with ten million memberships to that with one million. */
import { moveDatabaseAside, SERVER_CORE } from './cores.js';
import { createDatabase, dropDatabase, onServer, sizeOf } from './database.js';
import { load } from './load.js';
import { setScene, type Scene } from './scene.js';
import { SCENARIOS } from './scenarios.js';
import { BenchServer } from './servers.js';
import { medianOf } from './table.js';

const ROUNDS = 5;
const SECONDS = 3;
/** Upper bound of the ratio of the medians, above which the run fails. */
const MOST = 1.3;
const SIZES = [1_000_000, 10_000_000];
/** Pause before each request of a connection, in milliseconds: neither server is busy, so nothing queues. */
const REST_MS = 40;

interface Place {
  readonly scene: Scene;
  readonly server: BenchServer;
}

const serverUrl = process.env['DATABASE_URL'];
if (serverUrl === undefined) throw new Error('Set DATABASE_URL to a PostgreSQL server that may be written to.');
const places: Place[] = [];
const giveCoresBack = moveDatabaseAside();
try {
  for (const [index, memberships] of SIZES.entries()) {
    const url = await createDatabase(serverUrl, sizeOf(memberships));
    const scene = await onServer(url, setScene);
    places.push({ scene, server: await BenchServer.start('service', url, 34_520 + index, SERVER_CORE) });
  }
  const rows = [];
  let first = 0;
  for (const scenario of SCENARIOS) {
    const medians = places.map((): number[] => []);
    for (let round = -1; round < ROUNDS; round += 1) {
      for (const [index, { scene, server }] of places.entries()) {
        first += 10_000;
        const sample = await load(scenario, scene, {
          url: server.url,
          seconds: SECONDS,
          first,
          rest: REST_MS,
        });
        // The first round only warms the caches.
        if (round >= 0) medians[index]?.push(sample.median);
      }
    }
    const [small = [], large = []] = medians;
    rows.push({
      endpoint: scenario.name,
      'ms at 1 million': medianOf(small),
      'ms at 10 million': medianOf(large),
      ratio: Math.round(medianOf(large.map((ms, round) => ms / (small[round] ?? Number.NaN))) * 100) / 100,
    });
  }
  console.table(rows);
  if (rows.some(({ ratio }) => ratio > MOST)) process.exitCode = 1;
} finally {
  giveCoresBack();
  for (const { server } of places) await server.stop();
  for (const memberships of SIZES) await dropDatabase(serverUrl, sizeOf(memberships));
}
