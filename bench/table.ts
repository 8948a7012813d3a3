import type { Result, Samples } from './measure.js';
import type { ServerName } from './servers.js';

/** Targets of the service besides the ratio of each scenario. */
const TARGETS = { p99Ratio: 2, readyAfterMs: 1500, residentMb: 200 };

/** @returns the median; the lower of the two middle values if their number is even */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

/** @returns the median of the ratios per round, because the loads of one round share the same noise */
export function ratioOf(samples: ReadonlyMap<ServerName, Samples>, name: ServerName = 'service'): number {
  const floor = samples.get('floor')?.full ?? [];
  const other = samples.get(name)?.full ?? [];
  return medianOf(other.map((load, round) => load.requestsPerSecond / (floor[round]?.requestsPerSecond ?? Number.NaN)));
}

/** Prints the tables of a run. */
export function print({ scenarios, memory, coldStarts }: Result): void {
  const rows = scenarios.map(({ scenario, samples }) => {
    const floor = samples.get('floor');
    const service = samples.get('service');
    const naive = samples.get('naive');
    const pacedRatio = medianOf(
      (service?.paced ?? []).map((load, round) => load.p99 / (floor?.paced[round]?.p99 ?? Number.NaN)),
    );
    return {
      endpoint: scenario.name,
      'floor/s': speed(floor),
      'service/s': speed(service),
      'naive/s': speed(naive),
      ratio: round(ratioOf(samples)),
      target: scenario.target,
      'naive ratio': round(ratioOf(samples, 'naive')),
      'cpu µs floor': cpu(floor),
      'cpu µs service': cpu(service),
      'db µs floor': databaseCpu(floor),
      'db µs service': databaseCpu(service),
      'p99 floor ms': round(medianOf((floor?.paced ?? []).map(({ p99 }) => p99))),
      'p99 service ms': round(medianOf((service?.paced ?? []).map(({ p99 }) => p99))),
      'p99 ratio': round(pacedRatio),
      'p99 target': TARGETS.p99Ratio,
    };
  });
  console.table(rows);
  console.table(
    [...coldStarts].map(([name, times]) => ({
      server: name,
      'ready after ms': Math.round(medianOf(times)),
      'ready target': TARGETS.readyAfterMs,
      'most resident MB': Math.round(memory.get(name) ?? Number.NaN),
      'resident target': TARGETS.residentMb,
    })),
  );
}

function speed(samples: Samples | undefined): number {
  return Math.round(medianOf((samples?.full ?? []).map(({ requestsPerSecond }) => requestsPerSecond)));
}

function cpu(samples: Samples | undefined): number {
  return Math.round(medianOf(samples?.cpu ?? []));
}

function databaseCpu(samples: Samples | undefined): number {
  return Math.round(medianOf(samples?.databaseCpu ?? []));
}

/** @returns the number rounded to two decimals */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
