import { requireSameAnswers } from './answers.js';
import { SERVER_CORE } from './cores.js';
import { CONNECTIONS, load, RequestNumbers, type Load } from './load.js';
import type { Scene } from './scene.js';
import { SCENARIOS, type Scenario } from './scenarios.js';
import { BenchServer, databaseCpu, databaseCpuSince, type ServerName } from './servers.js';

const FIRST_PORT = 24_500;
/** Paced loads send this share of what a server manages at full speed. */
const PACE = 0.4;

/** Parameters of a run. */
export interface MeasureOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly only: string;
  readonly servers: readonly ServerName[];
}

/** The loads of one scenario on one server, one of each kind per round. */
export interface Samples {
  /** At full speed. */
  readonly full: Load[];
  /** At {@link PACE} of the service's full speed; for the naive service, of its own. */
  readonly paced: Load[];
  /** Processor time of the server per request, in microseconds. */
  readonly cpu: number[];
  /** Processor time of PostgreSQL per request, in microseconds, if it runs on this machine. */
  readonly databaseCpu: number[];
}

/** Result of one run. */
export interface Result {
  readonly scenarios: readonly { scenario: Scenario; samples: Map<ServerName, Samples> }[];
  /** Peak resident memory of each server under load, in megabytes. */
  readonly memory: Map<ServerName, number>;
  /** Times from start to ready of each server, in milliseconds. */
  readonly coldStarts: Map<ServerName, number[]>;
}

/** Measures every scenario on every server, alternating between the servers within each round. */
export async function measure(databaseUrl: string, scene: Scene, options: MeasureOptions): Promise<Result> {
  const coldStarts = await measureColdStarts(databaseUrl, options);
  const memory = new Map<ServerName, number>();
  const servers = new Map<ServerName, BenchServer>();
  const numbers = new RequestNumbers();
  try {
    for (const [index, name] of options.servers.entries()) {
      servers.set(name, await BenchServer.start(name, databaseUrl, FIRST_PORT + index, SERVER_CORE));
    }
    const scenarios = SCENARIOS.filter(({ name }) => name.includes(options.only)).map((scenario) => ({
      scenario,
      samples: new Map(
        options.servers
          .filter((name) => scenario.without?.includes(name) !== true)
          .map((name): [ServerName, Samples] => [name, { full: [], paced: [], cpu: [], databaseCpu: [] }]),
      ),
    }));
    await requireSameAnswers(scene, servers);
    const run = (scenario: Scenario, server: BenchServer, seconds: number, rest: number) =>
      load(scenario, scene, { url: server.url, seconds, first: numbers.next(scenario), rest });
    // Warms up everything before the first measurement, otherwise the first one would look slow.
    for (const { scenario, samples } of scenarios)
      for (const [name, server] of servers) if (samples.has(name)) await run(scenario, server, 2, 0);
    for (let round = 0; round < options.rounds; round += 1) {
      for (const { scenario, samples } of scenarios) {
        for (const [name, server] of servers) {
          if (!samples.has(name)) continue;
          const [before, databaseBefore] = [server.cpu(), databaseCpu()];
          const sample = await run(scenario, server, options.seconds, 0);
          const requests = sample.requestsPerSecond * options.seconds;
          samples.get(name)?.full.push(sample);
          samples.get(name)?.cpu.push((server.cpu() - before) / requests);
          samples.get(name)?.databaseCpu.push(databaseCpuSince(databaseBefore) / requests);
          memory.set(name, Math.max(memory.get(name) ?? 0, server.memory()));
        }
        for (const [name, { paced }] of samples) {
          const server = servers.get(name);
          // Floor and service are sent the same; the naive service cannot keep up with that.
          const pacer = samples.get(name === 'naive' ? name : 'service');
          const able = pacer?.full.at(-1)?.requestsPerSecond ?? 1;
          const rest = (CONNECTIONS / (able * PACE)) * 1000;
          if (server !== undefined) paced.push(await run(scenario, server, Math.ceil(options.seconds / 2), rest));
        }
      }
    }
    return { scenarios, memory, coldStarts };
  } finally {
    for (const server of servers.values()) await server.stop();
  }
}

async function measureColdStarts(databaseUrl: string, { rounds, servers }: MeasureOptions) {
  const times = new Map(servers.map((name): [ServerName, number[]] => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const name of servers) {
      const server = await BenchServer.start(name, databaseUrl, FIRST_PORT, SERVER_CORE);
      times.get(name)?.push(server.coldStart);
      await server.stop();
    }
  }
  return times;
}
