import type { Result, Samples } from './measure.js';
import type { Report } from './report.js';
import type { ServerName } from './servers.js';

/** Targets of the service besides the ratio of each scenario. */
const TARGETS = { p99Ratio: 2, readyAfterMs: 1500, residentMb: 200, batchFactor: 25 };

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

/** Reports the tables and plots of a run. */
export async function reportResult(report: Report, result: Result): Promise<void> {
  await report.table('results', result.scenarios.map(rowOf));
  const decisions = decisionRows(result);
  if (decisions.length > 0) await report.table('decisions', decisions);
  await report.table('servers', serverRows(result));
  plot(report, result);
}

function rowOf({ scenario, samples }: Result['scenarios'][number]) {
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
    'p99 floor ms': paced(floor, 'p99'),
    'p99 service ms': paced(service, 'p99'),
    'p99 ratio': round(pacedRatio),
    'p99 target': TARGETS.p99Ratio,
  };
}

/** How many decisions a second the service makes, one by one and in batches. */
function decisionRows({ scenarios }: Result) {
  const made = scenarios.flatMap(({ scenario: { name, decisions }, samples }) =>
    decisions === undefined ? [] : [{ name, perSecond: decisions * speed(samples.get('service')), decisions }],
  );
  const single = made.find(({ decisions }) => decisions === 1)?.perSecond ?? Number.NaN;
  return made.map(({ name, perSecond, decisions }) => ({
    endpoint: name,
    'decisions/s': perSecond,
    'times single ones': round(perSecond / single),
    target: decisions === 1 ? 1 : TARGETS.batchFactor,
  }));
}

function serverRows({ memory, coldStarts }: Result) {
  return [...coldStarts].map(([name, times]) => ({
    server: name,
    'ready after ms': Math.round(medianOf(times)),
    'ready target': TARGETS.readyAfterMs,
    'most resident MB': Math.round(memory.get(name) ?? Number.NaN),
    'resident target': TARGETS.residentMb,
  }));
}

function plot(report: Report, { scenarios }: Result): void {
  const groups = scenarios.map(({ scenario }) => scenario.name);
  const forEach = <T>(name: ServerName, value: (samples: Samples | undefined) => T): T[] =>
    scenarios.map(({ samples }) => value(samples.get(name)));
  report.plot('throughput', {
    title: 'Requests per second on one core',
    subtitle: 'A million memberships, 32 connections. More is better.',
    groups,
    series: [
      { name: 'floor', values: forEach('floor', speed) },
      { name: 'service', values: forEach('service', speed) },
      { name: 'naive', values: forEach('naive', speed) },
    ],
  });
  report.plot('latency', {
    title: 'Latency at 40 % of the capacity of the service, in milliseconds',
    subtitle:
      'The naive service: at 40 % of its own. Solid: median. Pale: 99th percentile, with its value. Less is better.',
    groups,
    series: (['floor', 'service', 'naive'] as const).map((name) => ({
      name,
      values: forEach(name, (samples) => paced(samples, 'median')),
      upTo: forEach(name, (samples) => paced(samples, 'p99')),
    })),
  });
}

function speed(samples: Samples | undefined): number {
  return Math.round(medianOf((samples?.full ?? []).map(({ requestsPerSecond }) => requestsPerSecond)));
}

function paced(samples: Samples | undefined, which: 'median' | 'p99'): number {
  return round(medianOf((samples?.paced ?? []).map((load) => load[which])));
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
