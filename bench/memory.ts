/**
 * Compares the resident memory of the service after the same number of requests at full speed, because it grows with
 * them, under several Node versions and options:
 *   npm run bench:memory -- --node /path/to/node --variant='--max-semi-space-size=8 MALLOC_ARENA_MAX=2'
 */
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { SERVER_CORE } from './cores.js';
import { createDatabase, dropDatabase, onServer, sizeOf } from './database.js';
import { serverUrlOfRun } from './flags.js';
import { load, RequestNumbers } from './load.js';
import { Report } from './report.js';
import { SCENARIOS, type Scenario } from './scenarios.js';
import { setScene } from './scene.js';
import { BenchServer, OPTIONS } from './servers.js';
import { medianOf, round } from './table.js';

const FIRST_PORT = 24_560;
/** Most resident memory, in megabytes. */
const MOST = 200;

const { values: flags } = parseArgs({
  options: {
    save: { type: 'boolean', default: false },
    /** How many requests of each scenario every process serves, at least. */
    requests: { type: 'string', default: '20000' },
    /** Duration of each load; the processes take turns. */
    seconds: { type: 'string', default: '4' },
    memberships: { type: 'string', default: '1000000' },
    /** Runs only scenarios whose name contains this text. */
    only: { type: 'string', default: '' },
    /** Further programs that run the service; the one that runs this is always the first. */
    node: { type: 'string', multiple: true, default: [] },
    /** Options and variables that replace those of `start:prod`, separated by spaces. Those alone are always the first. */
    variant: { type: 'string', multiple: true, default: [] },
  },
});

interface Subject {
  readonly node: string;
  readonly variant: string;
  readonly server: BenchServer;
  /** Resident memory before the load, in megabytes. */
  readonly started: number;
  readonly served: ReadonlyMap<Scenario, Served>;
}

interface Served {
  requests: number;
  /** In microseconds. */
  cpu: number;
}

const serverUrl = serverUrlOfRun();
const size = sizeOf(Number(flags.memberships));
const scenarios = SCENARIOS.filter(({ name }) => name.includes(flags.only));
const subjects: Subject[] = [];
try {
  const url = await createDatabase(serverUrl, size, 'memory');
  const scene = await onServer(url, setScene);
  for (const node of [process.execPath, ...flags.node])
    for (const variant of ['', ...flags.variant]) subjects.push(await start(node, variant, url));
  const numbers = new RequestNumbers();
  for (const scenario of scenarios) {
    const needMore = () => subjects.flatMap(({ server, served }) => unfinished(server, served.get(scenario)));
    for (let next = needMore(); next.length > 0; next = needMore())
      for (const { server, total } of next) {
        const before = await server.preciseCpu();
        const options = { url: server.url, seconds: Number(flags.seconds), rest: 0 };
        const { requests } = await load(scenario, scene, { ...options, first: numbers.next(scenario) });
        if (requests === 0) throw new Error('A process has served nothing.');
        total.requests += requests;
        total.cpu += (await server.preciseCpu()) - before;
      }
  }
  await new Report(flags.save).table('memory', subjects.map(rowOf));
} finally {
  for (const { server } of subjects) await server.stop();
  await dropDatabase(serverUrl, size, 'memory');
}

function unfinished(server: BenchServer, total: Served | undefined) {
  return total !== undefined && total.requests < Number(flags.requests) ? [{ server, total }] : [];
}

async function start(node: string, variant: string, url: string): Promise<Subject> {
  const words = variant.split(' ').filter((word) => word !== '');
  const replaced = new Set(words.map(nameOf));
  const options = [
    ...OPTIONS.filter((option) => !replaced.has(nameOf(option))),
    ...words.filter((word) => word.startsWith('-')),
  ];
  const settings = Object.fromEntries(
    words.filter((word) => !word.startsWith('-')).map((word) => [nameOf(word), word.slice(nameOf(word).length + 1)]),
  );
  const port = FIRST_PORT + subjects.length;
  const server = await BenchServer.start('service', url, port, SERVER_CORE, settings, { node, options });
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  const served = new Map(scenarios.map((scenario): [Scenario, Served] => [scenario, { requests: 0, cpu: 0 }]));
  return { node: version, variant, server, started: server.memory(), served };
}

function nameOf(word: string): string {
  return word.split('=')[0] ?? '';
}

function rowOf({ node, variant, server, started, served }: Subject) {
  const costOf = ({ requests, cpu }: Served) => cpu / requests;
  const ratios = [...served].map(([scenario, total]) => {
    const first = subjects[0]?.served.get(scenario);
    return costOf(total) / (first === undefined ? Number.NaN : costOf(first));
  });
  return {
    Node: node,
    options: variant === '' ? 'start:prod' : variant,
    'started MB': Math.round(started),
    'most resident MB': Math.round(server.memory()),
    'target MB': MOST,
    requests: [...served.values()].reduce((sum, { requests }) => sum + requests, 0),
    'cpu per request, times the first': round(medianOf(ratios)),
  };
}
