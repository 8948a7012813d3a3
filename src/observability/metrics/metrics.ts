import { Counter, Gauge, Registry } from 'prom-client';
import { waits } from '../../database/waits.js';
import { COMMIT, VERSION } from '../../config/version.js';
import { atBounds, decisions, refusedKeys, responses } from '../events.js';
import { totalOf, type Snapshot } from './exposition.js';
import { FastCounter, FastHistogram } from './series.js';

/** In seconds. */
const RESPONSE_BUCKETS = [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const WAIT_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];

/** Methods that have a label of their own; all others share one. */
const METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']);

/** Upper bound of the actions that have a label of their own; more would be a defect. */
const MAX_ACTIONS = 32;

/** Sets gauges before they are read, within a bounded time. */
export type Reading = () => Promise<void> | void;

/**
 * Counters and gauges of this process, for Prometheus (section 15 of the contract). No label contains an id, an
 * email, a key or any other text of a client.
 */
export class Metrics {
  readonly registry = new Registry();
  private readonly responses = new FastHistogram(
    {
      name: 'http_request_duration_seconds',
      help: 'Time from the head of a request to the end of its response, by the pattern of its path.',
      labelNames: ['method', 'route', 'status'],
    },
    RESPONSE_BUCKETS,
  );
  private readonly decisions = new FastCounter({
    name: 'memberships_decisions_total',
    help: 'Decisions by action and result.',
    labelNames: ['action', 'result'],
  });
  private readonly waits = new FastHistogram(
    {
      name: 'memberships_database_wait_seconds',
      help: 'Waits for a connection (writes), for the turn of a list (lists), and behind other statements (pipeline).',
      labelNames: ['queue'],
    },
    WAIT_BUCKETS,
  );
  private readonly readings: Reading[] = [];
  private readonly stops: (() => void)[] = [];
  private pending: Promise<Snapshot> | undefined;

  /** @param schema the last migration that this version needs */
  constructor(schema: string) {
    this.gauge('memberships_build_info', 'Always 1; the labels say what runs.', 'max', [
      'version',
      'commit',
      'schema',
    ]).set({ version: VERSION, commit: COMMIT ?? 'unknown', schema }, 1);
    this.countResponses();
    this.countEvents();
  }

  /**
   * @param combine how the values of several processes become one
   * @returns a new gauge, without a value if it has no labels
   */
  gauge<Label extends string>(
    name: string,
    help: string,
    combine: 'sum' | 'min' | 'max',
    labelNames: readonly Label[] = [],
  ): Gauge<Label> {
    const gauge = new Gauge({ name, help, aggregator: combine, labelNames, registers: [this.registry] });
    if (labelNames.length === 0) gauge.remove();
    return gauge;
  }

  /** @param reading runs before each snapshot, at the same time as the others; must not throw */
  beforeSnapshot(reading: Reading): void {
    this.readings.push(reading);
  }

  /** @param stop ends what goes on between snapshots, when the metrics are closed */
  onClose(stop: () => void): void {
    this.stops.push(stop);
  }

  /** @returns the current values; concurrent calls share them */
  snapshot(): Promise<Snapshot> {
    return (this.pending ??= this.read().finally(() => (this.pending = undefined)));
  }

  /** @returns the current values, so that one process alone can be served like several */
  async snapshots(): Promise<Snapshot[]> {
    return [await this.snapshot()];
  }

  /** @returns the counters and histograms alone, without asking the database */
  async totals(): Promise<Snapshot> {
    return totalOf([await this.all()]);
  }

  /** Counts nothing anymore. */
  close(): void {
    for (const stop of this.stops.splice(0)) stop();
  }

  private async read(): Promise<Snapshot> {
    await Promise.all(this.readings.map(async (reading) => reading()));
    return this.all();
  }

  private async all(): Promise<Snapshot> {
    const fast = [this.responses, this.decisions, this.waits].map((metric) => metric.snapshot());
    return [...(await this.registry.getMetricsAsJSON()), ...fast];
  }

  private countResponses(): void {
    this.stops.push(
      responses.listen(({ request: { method }, reply, route = 'unmatched' }) => {
        const named = METHODS.has(method) ? method : 'other';
        this.responses.observe(reply.elapsedTime / 1000, named, route, reply.statusCode);
      }),
    );
  }

  private countEvents(): void {
    const registers = [this.registry];
    const refused = new Counter({
      name: 'memberships_refused_keys_total',
      help: 'Requests without a live key, on routes that need one.',
      labelNames: ['reason'],
      registers,
    });
    const turnedAway = new Counter({
      name: 'http_refused_at_bounds_total',
      help: 'Connections and requests refused at the limits on connections, without a log line of their own.',
      registers,
    });
    const ended = new Counter({
      name: 'http_connections_ended_total',
      help: 'Connections closed at the limits on connections and memory.',
      registers,
    });
    const actions = new Set<string>();
    this.stops.push(
      refusedKeys.listen(({ reason }) => {
        refused.inc({ reason });
      }),
      decisions.listen(({ action, result }) => {
        if (actions.size < MAX_ACTIONS) actions.add(action);
        this.decisions.count(actions.has(action) ? action : 'other', result);
      }),
      waits.listen(({ queue, seconds }) => {
        this.waits.observe(seconds, queue);
      }),
      atBounds.listen((counts) => {
        turnedAway.inc(counts.refused);
        ended.inc(counts.ended);
      }),
    );
  }
}
