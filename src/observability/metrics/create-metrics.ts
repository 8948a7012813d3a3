import type { DataSource } from 'typeorm';
import type { Reads } from '../../database/reads.js';
import type { Limiters } from '../../limits/limiter.js';
import { measureDatabase } from './database-metrics.js';
import { Metrics } from './metrics.js';
import { measureProcess } from './process-metrics.js';

/** The parts of a process that are measured. */
export interface Measured {
  readonly dataSource: DataSource;
  readonly reads: Reads;
  readonly limiters: Limiters;
  /** @returns the number of requests in progress */
  readonly inProgress: () => number;
}

/** @returns the metrics of a process that serves requests. They count until they are closed. */
export function createMetrics({ dataSource, reads, limiters, inProgress }: Measured): Metrics {
  const metrics = new Metrics(dataSource.migrations.at(-1)?.name ?? '');
  const requests = metrics.gauge('http_requests_in_progress', 'Requests in progress, without those that wait.', 'sum');
  metrics.beforeSnapshot(() => {
    requests.set(inProgress());
  });
  measureProcess(metrics);
  measureDatabase(metrics, dataSource, reads);
  measureRedis(metrics, limiters);
  return metrics;
}

function measureRedis(metrics: Metrics, limiters: Limiters): void {
  const up = metrics.gauge('memberships_redis_up', 'Whether Redis responds; absent if none is configured.', 'min');
  metrics.beforeSnapshot(async () => {
    const state = await limiters.redisState();
    if (state !== 'off') up.set(state === 'ok' ? 1 : 0);
  });
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Absent without `METRICS_PORT`. */
    metrics?: Metrics;
  }
}
