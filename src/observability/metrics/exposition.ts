import { AggregatorRegistry, Registry, type MetricObjectWithValues, type MetricValue } from 'prom-client';

/** The values of all metrics of one process. */
export type Snapshot = MetricObjectWithValues<MetricValue<string>>[];

/** Where the values come from: this process, or its workers. */
export interface MetricsSource {
  /** @returns one snapshot per process, within a bounded time */
  snapshots(): Promise<Snapshot[]>;
}

/** Metrics as text, and their media type. */
export interface Exposition {
  readonly type: string;
  readonly text: string;
}

const TEXT = Registry.PROMETHEUS_CONTENT_TYPE;
const OPEN_METRICS = Registry.OPENMETRICS_CONTENT_TYPE;

/**
 * @param accept the Accept header of a request
 * @returns the media type that it prefers: OpenMetrics if it names that with at least the weight of plain text
 */
export function typeFor(accept = ''): string {
  const weights = new Map<string, number>();
  for (const range of accept.toLowerCase().split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    const [, version] = /^version=(.*)$/.exec(parameters.find((name) => name.startsWith('version=')) ?? '') ?? [];
    if (type.startsWith('application/') && version !== undefined && version !== '1.0.0') continue;
    const weight = Number(/^q=(.*)$/.exec(parameters.find((name) => name.startsWith('q=')) ?? '')?.[1] ?? 1);
    if (weight > 0) weights.set(type, Math.max(weight, weights.get(type) ?? 0));
  }
  const open = weights.get('application/openmetrics-text') ?? 0;
  return open > 0 && open >= (weights.get('text/plain') ?? 0) ? OPEN_METRICS : TEXT;
}

/** @returns the values of all processes together, as each metric combines them */
export async function expose(snapshots: readonly Snapshot[], type: string): Promise<Exposition> {
  const isOpen = type === OPEN_METRICS;
  const named = snapshots.map((snapshot) => (isOpen ? snapshot.map(withoutTotal) : snapshot));
  const registry = AggregatorRegistry.aggregate(named);
  // `aggregate` has this as a second argument that its types do not know.
  registry.setContentType(type as never);
  return { type, text: await registry.metrics() };
}

/** In OpenMetrics, `_total` belongs to the sample of a counter, not to its name, and the registry adds it. */
function withoutTotal(metric: Snapshot[number]): Snapshot[number] {
  // The types declare a number where the registry stores a word.
  return (metric.type as unknown) === 'counter' ? { ...metric, name: metric.name.replace(/_total$/, '') } : metric;
}

/** @returns the counters and histograms of several snapshots as one, without gauges */
export function totalOf(snapshots: readonly Snapshot[]): Promise<Snapshot> {
  const counted = snapshots.map((snapshot) => snapshot.filter(({ type }) => (type as unknown) !== 'gauge'));
  return AggregatorRegistry.aggregate(counted).getMetricsAsJSON();
}
