/**
 * Measures what metrics cost the service, by processor time.
 *
 * Two equal processes differ by more than metrics cost, for as long as they live. So one process with metrics switches
 * them off and on under a steady load, several times a second, and neighbouring spans of time are compared.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { SERVER_CORE } from './cores.js';
import { createDatabase, dropDatabase, onServer, sizeOf } from './database.js';
import { readFlags, serverUrlOfRun } from './flags.js';
import { intervalOf, type Interval } from './interval.js';
import { load, RequestNumbers } from './load.js';
import type { Usage } from './metrics-switch.js';
import { Report } from './report.js';
import { scenarioNamed, type Scenario } from './scenarios.js';
import { setScene, type Scene } from './scene.js';
import { BenchServer, OPTIONS } from './servers.js';
import { medianOf, round } from './table.js';

const SCENARIOS = ['one membership', 'a hospital of 50', 'change', 'evaluation'].map(scenarioNamed);
const PORT = 24_540;
const METRICS_PORT = 24_544;
const SWITCH = new URL('metrics-switch.js', import.meta.url).href;
/** How long metrics are on or off, in milliseconds. */
const SPAN_MS = 50;
/** Time at the beginning and at the end of a load in which nothing is compared, in milliseconds. */
const MARGIN_MS = 500;
/** Metrics in the four spans of a comparison: a slow change of the machine's speed is in both sums. */
const COMPARED = [true, false, false, true];
/** Most overhead, in per cent of the processor time of a request. */
const MOST = 2;
/** How often the process is started again. */
const STARTS = 3;
const SCRAPES = 20;
/** Prometheus' default interval between two scrapes, in milliseconds. */
const SCRAPE_MS = 60_000;

/** Processor time per request in microseconds in the spans with metrics and in those without, of one comparison. */
type Costs = readonly [number, number];

/** The comparisons for one scenario after one start. */
interface Measured {
  /** With metrics on in half of the spans. */
  readonly costs: readonly Costs[];
  /** With metrics off in all spans, which shows what the method finds without any difference. */
  readonly control: readonly Costs[];
}

const flags = readFlags({ rounds: 8, seconds: 4 });
const serverUrl = serverUrlOfRun();
const size = sizeOf(flags.memberships);
const report = new Report(flags.save);
const numbers = new RequestNumbers();
const measured = new Map(SCENARIOS.map((scenario): [Scenario, Measured[]] => [scenario, []]));
/** Processor time of each scrape, in microseconds. */
const scrapes: number[] = [];
try {
  const url = await createDatabase(serverUrl, size, 'metrics');
  const scene = await onServer(url, setScene);
  for (let start = 0; start < STARTS; start += 1) await measureOnce(url, scene);
  const rows = [...measured].map(([scenario, starts]) => rowOf(scenario, starts));
  await report.table(
    'metrics',
    rows.map(({ row }) => row),
  );
  // Only an overhead that is above the target beyond doubt is a failure.
  if (rows.some(({ overhead }) => overhead.low > MOST)) process.exitCode = 1;
} finally {
  await dropDatabase(serverUrl, size, 'metrics');
}

/** Starts the process, and loads it with every scenario in all rounds. */
async function measureOnce(url: string, scene: Scene): Promise<void> {
  const settings = { METRICS_PORT: String(METRICS_PORT), METRICS_HOST: '127.0.0.1' };
  const options = ['--import', SWITCH, ...OPTIONS];
  const server = await BenchServer.start('service', url, PORT, SERVER_CORE, settings, { options });
  try {
    for (const scenario of SCENARIOS) await loadFor(server, scenario, scene);
    for (const [scenario, starts] of measured) {
      const costs: Costs[] = [];
      const control: Costs[] = [];
      for (let done = 0; done < flags.rounds; done += 1) {
        const loaded = loadFor(server, scenario, scene);
        const [compared, same] = await compareFor(server, flags.seconds * 1000 - MARGIN_MS);
        costs.push(...compared);
        control.push(...same);
        await loaded;
      }
      starts.push({ costs, control });
    }
    for (let done = 0; done < SCRAPES; done += 1) scrapes.push(await costOfScrape(server));
  } finally {
    await server.stop();
  }
}

async function loadFor(server: BenchServer, scenario: Scenario, scene: Scene): Promise<void> {
  const options = { url: server.url, seconds: flags.seconds, first: numbers.next(scenario), rest: 0 };
  await load(scenario, scene, options);
}

/** Compares during a load. @returns comparisons, and those of the control, in turns */
async function compareFor(server: BenchServer, milliseconds: number): Promise<[Costs[], Costs[]]> {
  const results: [Costs[], Costs[]] = [[], []];
  await sleep(MARGIN_MS);
  const end = performance.now() + milliseconds - MARGIN_MS;
  for (let isControl = 0; performance.now() < end; isControl = 1 - isControl) {
    results[isControl]?.push(await compareOnce(server, isControl === 0));
  }
  return results;
}

async function compareOnce(server: BenchServer, isReal: boolean): Promise<Costs> {
  const metered = { cpu: 0, requests: 0 };
  const plain = { cpu: 0, requests: 0 };
  for (const on of COMPARED) {
    const before = await server.ask<Usage>(on && isReal ? 'metrics on' : 'metrics off');
    await sleep(SPAN_MS);
    const after = await server.ask<Usage>('metrics off');
    const sum = on ? metered : plain;
    sum.cpu += after.cpu - before.cpu;
    sum.requests += after.requests - before.requests;
  }
  return [metered.cpu / metered.requests, plain.cpu / plain.requests];
}

/** @returns the processor time of one scrape by Prometheus, in microseconds */
async function costOfScrape(server: BenchServer): Promise<number> {
  const before = await server.preciseCpu();
  await (await fetch(`http://127.0.0.1:${String(METRICS_PORT)}/metrics`)).text();
  return (await server.preciseCpu()) - before;
}

function rowOf({ name }: Scenario, starts: readonly Measured[]) {
  const more = ([on, off]: Costs) => 100 * (on / off - 1);
  const overhead = intervalOf(starts.map(({ costs }) => costs.map(more)));
  const control = intervalOf(starts.map((start) => start.control.map(more)));
  const costs = starts.flatMap((start) => start.costs);
  const row = {
    endpoint: name,
    'cpu µs with': Math.round(medianOf(costs.map(([on]) => on))),
    'cpu µs without': Math.round(medianOf(costs.map(([, off]) => off))),
    'more cpu, %': round(overhead.median),
    '95 % interval': textOf(overhead),
    'target, %': MOST,
    'control, %': round(control.median),
    'interval of the control': textOf(control),
    'scrapes, % of a core': round((100 * medianOf(scrapes)) / 1000 / SCRAPE_MS),
  };
  return { row, overhead };
}

function textOf({ low, high }: Interval): string {
  return `${low.toFixed(1)} to ${high.toFixed(1)}`;
}
