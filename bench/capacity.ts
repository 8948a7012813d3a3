import type { Result, Samples } from './measure.js';
import type { Report } from './report.js';
import { medianOf, round } from './table.js';

/** Requests per second of a nation-wide installation, by scenario. */
const MIX: Readonly<Record<string, number>> = {
  evaluation: 30_000,
  'one membership': 8000,
  'own memberships': 6500,
  'a hospital of 50': 5000,
  create: 250,
  change: 250,
};

interface Cost {
  readonly request: string;
  /** In microseconds. */
  readonly service: number;
  /** In microseconds. */
  readonly database: number;
}

/** Reports what one core can do by the measured processor times, and how many cores a given load needs. */
export async function reportCapacity(report: Report, { scenarios }: Result): Promise<void> {
  const costs = scenarios.flatMap(({ scenario, samples }) => costOf(scenario.name, samples.get('service')));
  await report.table('cost', costs.map(costRow));
  const needed = Object.entries(MIX).map(([name, perSecond]) => {
    const cost = costs.find(({ request }) => request === name);
    return loadRow(name, perSecond, coresFor(perSecond, cost?.service), coresFor(perSecond, cost?.database));
  });
  const sum = (of: 'cores of the service' | 'cores of PostgreSQL' | 'per second') =>
    needed.reduce((total, row) => total + row[of], 0);
  const total = loadRow('together', sum('per second'), sum('cores of the service'), sum('cores of PostgreSQL'));
  if (!Number.isNaN(total['cores of the service'])) await report.table('load', [...needed, total]);
}

function costOf(request: string, samples: Samples | undefined): Cost[] {
  if (samples === undefined) return [];
  return [{ request, service: medianOf(samples.cpu), database: medianOf(samples.databaseCpu) }];
}

function costRow({ request, service, database }: Cost) {
  return {
    request,
    'µs of the service': Math.round(service),
    'µs of PostgreSQL': Math.round(database),
    'requests/s per core of the service': Math.round(1e6 / service),
    'requests/s per core of PostgreSQL': Math.round(1e6 / database),
  };
}

function coresFor(perSecond: number, microseconds = Number.NaN): number {
  return (perSecond * microseconds) / 1e6;
}

function loadRow(requests: string, perSecond: number, service: number, database: number) {
  return {
    requests,
    'per second': perSecond,
    'cores of the service': round(service),
    'cores of PostgreSQL': round(database),
  };
}
