/** Compares two workers on two cores with one, on requests that the database has no part in and on those that it has. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createDatabase, dropDatabase, onServer, sizeOf } from './database.js';
import { load } from './load.js';
import { setScene } from './scene.js';
import { SCENARIOS, type Scenario } from './scenarios.js';
import { BenchServer } from './servers.js';
import { medianOf } from './table.js';

const ROUNDS = 3;
const SECONDS = 4;

const LIVE: Scenario = {
  name: 'liveness, without the database',
  target: 0,
  isWrite: false,
  lua: () => `return 'GET', '/health/live', token(n), nil`,
};

const serverUrl = process.env['DATABASE_URL'];
if (serverUrl === undefined) throw new Error('Set DATABASE_URL to a PostgreSQL server that may be written to.');
const size = sizeOf(1_000_000);
const databaseUrl = await createDatabase(serverUrl, size);
try {
  const scene = await onServer(databaseUrl, setScene);
  const rows = [];
  for (const scenario of [LIVE, ...SCENARIOS.filter(({ isWrite }) => !isWrite)]) {
    const speeds: [number, number][] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const measured: number[] = [];
      for (const workers of [1, 2]) {
        const server = await BenchServer.start('service', databaseUrl, 34_510, '0,1', workers);
        // The second worker starts when the first one listens.
        await sleep(3000);
        const options = { url: server.url, first: 0, rest: 0 };
        await load(scenario, scene, { ...options, seconds: 2 });
        measured.push((await load(scenario, scene, { ...options, seconds: SECONDS })).requestsPerSecond);
        await server.stop();
      }
      speeds.push(measured as [number, number]);
    }
    rows.push({
      endpoint: scenario.name,
      'one worker/s': Math.round(medianOf(speeds.map(([one]) => one))),
      'two workers/s': Math.round(medianOf(speeds.map(([, two]) => two))),
      ratio: Math.round(medianOf(speeds.map(([one, two]) => two / one)) * 100) / 100,
    });
  }
  console.table(rows);
} finally {
  await dropDatabase(serverUrl, size);
}
