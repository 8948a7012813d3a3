/** Compares the service with metrics to the service without them. */
import { setInterval as every } from 'node:timers/promises';
import { compare } from './compare.js';
import { moveDatabaseAside, SERVER_CORE } from './cores.js';
import { createDatabase, dropDatabase, onServer, sizeOf } from './database.js';
import { readFlags, serverUrlOfRun } from './flags.js';
import { Report } from './report.js';
import { scenarioNamed } from './scenarios.js';
import { setScene } from './scene.js';
import { BenchServer } from './servers.js';
import { medianOf, round } from './table.js';

const SCENARIOS = ['one membership', 'a hospital of 50', 'change', 'evaluation'];
const METRICS_PORT = 24_544;
/** How often Prometheus reads the metrics, in milliseconds; its default is a minute. */
const SCRAPE_MS = 5000;
/** Most overhead, in per cent of the processor time of a request. */
const MOST = 2;

const flags = readFlags({ rounds: 9, seconds: 4 });
const serverUrl = serverUrlOfRun();
const size = sizeOf(flags.memberships);
const report = new Report(flags.save);
const servers: BenchServer[] = [];
const end = new AbortController();
const giveCoresBack = moveDatabaseAside();
try {
  const url = await createDatabase(serverUrl, size);
  const scene = await onServer(url, setScene);
  const start = async (port: number, settings: Record<string, string>) => {
    const server = await BenchServer.start('service', url, port, SERVER_CORE, settings);
    servers.push(server);
    return { scene, server };
  };
  const withMetrics = await start(24_540, { METRICS_PORT: String(METRICS_PORT), METRICS_HOST: '127.0.0.1' });
  const without = await start(24_541, {});
  void scrape(end.signal);
  const rows = [];
  for (const { scenario, samples } of await compare(SCENARIOS.map(scenarioNamed), [withMetrics, without], {
    ...flags,
    isPaced: false,
  })) {
    const [metered, plain] = samples;
    const ratioOf = (with_: readonly number[], without_: readonly number[]) =>
      medianOf(with_.map((value, index) => value / (without_[index] ?? Number.NaN)));
    const speed = (of: typeof metered) => (of?.full ?? []).map(({ requestsPerSecond }) => requestsPerSecond);
    rows.push({
      endpoint: scenario.name,
      'with/s': Math.round(medianOf(speed(metered))),
      'without/s': Math.round(medianOf(speed(plain))),
      'fewer requests, %': round(100 * (1 - ratioOf(speed(metered), speed(plain)))),
      'cpu µs with': round(medianOf(metered?.cpu ?? [])),
      'cpu µs without': round(medianOf(plain?.cpu ?? [])),
      'more cpu, %': round(100 * (ratioOf(metered?.cpu ?? [], plain?.cpu ?? []) - 1)),
      'target, %': MOST,
    });
  }
  await report.table('metrics', rows);
  if (rows.some((row) => row['more cpu, %'] > MOST)) process.exitCode = 1;
} finally {
  end.abort();
  giveCoresBack();
  for (const server of servers) await server.stop();
  await dropDatabase(serverUrl, size);
}

/** Reads the metrics as Prometheus does. */
async function scrape(signal: AbortSignal): Promise<void> {
  try {
    for await (const _ of every(SCRAPE_MS, undefined, { signal }))
      await (await fetch(`http://127.0.0.1:${String(METRICS_PORT)}/metrics`, { signal })).text();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
