import { CONNECTIONS, load, RequestNumbers, type LoadOptions } from './load.js';
import type { Samples } from './measure.js';
import type { Scenario } from './scenarios.js';
import type { Scene } from './scene.js';
import { databaseCpu, databaseCpuSince, type BenchServer } from './servers.js';

/** Share of the first contender's full speed at which latencies are measured. */
const PACE = 0.4;

/** One of the compared servers, with its own database or with that of the others. */
export interface Contender {
  readonly scene: Scene;
  readonly server: BenchServer;
  /** Waits until the work that a load left behind is done. */
  readonly settle?: () => Promise<void>;
}

/** Parameters of a comparison. */
export interface CompareOptions {
  readonly rounds: number;
  /** Duration of each load. */
  readonly seconds: number;
  /** Whether latencies are measured as well. */
  readonly isPaced: boolean;
}

/** Loads all contenders in turn in each round. @returns the samples of each contender, for each scenario */
export async function compare(
  scenarios: readonly Scenario[],
  contenders: readonly Contender[],
  { rounds, seconds, isPaced }: CompareOptions,
): Promise<{ readonly scenario: Scenario; readonly samples: readonly Samples[] }[]> {
  const numbers = new RequestNumbers();
  const run = (scenario: Scenario, { scene, server }: Contender, options: Pick<LoadOptions, 'seconds' | 'rest'>) =>
    load(scenario, scene, { url: server.url, first: numbers.next(scenario), ...options });
  for (const scenario of scenarios)
    for (const contender of contenders) await run(scenario, contender, { seconds: 2, rest: 0 });
  const results = [];
  for (const scenario of scenarios) {
    const samples = contenders.map((): Samples => ({ full: [], paced: [], cpu: [], databaseCpu: [] }));
    for (let round = 0; round < rounds; round += 1) {
      // Each goes first in every other round.
      const order = [...contenders.entries()];
      if (round % 2 === 1) order.reverse();
      for (const [index, contender] of order) {
        await contender.settle?.();
        const [before, databaseBefore] = [contender.server.cpu(), databaseCpu()];
        const sample = await run(scenario, contender, { seconds, rest: 0 });
        await contender.settle?.();
        const requests = sample.requestsPerSecond * seconds;
        samples[index]?.full.push(sample);
        samples[index]?.cpu.push((contender.server.cpu() - before) / requests);
        samples[index]?.databaseCpu.push(databaseCpuSince(databaseBefore) / requests);
      }
      if (!isPaced) continue;
      const able = samples[0]?.full.at(-1)?.requestsPerSecond ?? 1;
      const rest = (CONNECTIONS / (able * PACE)) * 1000;
      for (const [index, contender] of order)
        samples[index]?.paced.push(await run(scenario, contender, { seconds, rest }));
    }
    results.push({ scenario, samples });
  }
  return results;
}
