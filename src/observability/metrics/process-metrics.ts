import { readdir, readFile } from 'node:fs/promises';
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import { Counter } from 'prom-client';
import type { Metrics } from './metrics.js';

/** Sampling interval of the delays of the event loop, in milliseconds. */
const RESOLUTION_MS = 10;
/** Units of a second in the clocks below. */
const MICROSECONDS = 1e6;
const NANOSECONDS = 1e9;

/** Statistics of the delays, by their part of the name of the gauge. */
const DELAYS: Readonly<Record<string, (histogram: IntervalHistogram) => number>> = {
  min: ({ min }) => min,
  mean: ({ mean }) => mean,
  p50: (histogram) => histogram.percentile(50),
  p90: (histogram) => histogram.percentile(90),
  p99: (histogram) => histogram.percentile(99),
  max: ({ max }) => max,
};

/**
 * Adds the state of the process, by the names that prom-client's default metrics have. Those also observe each garbage
 * collection, which takes longer than all counting here.
 */
export function measureProcess(metrics: Metrics): void {
  measureProcessor(metrics);
  measureMemory(metrics);
  measureEventLoop(metrics);
  measureFiles(metrics);
  metrics
    .gauge('process_start_time_seconds', 'When the process started, in Unix time.', 'min')
    .set(Math.round(Date.now() / 1000 - process.uptime()));
  metrics
    .gauge('nodejs_version_info', 'Always 1; the label says what runs.', 'max', ['version'])
    .set({ version: process.version }, 1);
}

function measureProcessor({ registry }: Metrics): void {
  const times = {
    process_cpu_user_seconds_total: ({ user }: NodeJS.CpuUsage) => user,
    process_cpu_system_seconds_total: ({ system }: NodeJS.CpuUsage) => system,
    process_cpu_seconds_total: ({ user, system }: NodeJS.CpuUsage) => user + system,
  };
  for (const [name, of] of Object.entries(times)) {
    new Counter({
      name,
      help: 'Processor time of the process.',
      registers: [registry],
      // Not before a snapshot, because the totals of a worker that ends are read without one.
      collect() {
        this.reset();
        this.inc(of(process.cpuUsage()) / MICROSECONDS);
      },
    });
  }
}

function measureMemory(metrics: Metrics): void {
  const gauges = {
    rss: metrics.gauge('process_resident_memory_bytes', 'Resident memory.', 'sum'),
    heapTotal: metrics.gauge('nodejs_heap_size_total_bytes', 'Size of the heap.', 'sum'),
    heapUsed: metrics.gauge('nodejs_heap_size_used_bytes', 'Part of the heap that is in use.', 'sum'),
    external: metrics.gauge('nodejs_external_memory_bytes', 'Memory of objects outside the heap.', 'sum'),
  };
  metrics.beforeSnapshot(() => {
    const usage = process.memoryUsage();
    for (const [name, gauge] of Object.entries(gauges)) gauge.set(usage[name as keyof typeof gauges]);
  });
}

/** The delays since the last scrape, beyond the sampling interval; of several processes, the largest counts. */
function measureEventLoop(metrics: Metrics): void {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  metrics.onClose(() => histogram.disable());
  const gauges = Object.entries(DELAYS).map(([name, of]) => {
    const help = `Delay of the event loop since the last scrape: ${name}.`;
    return { of, gauge: metrics.gauge(`nodejs_eventloop_lag_${name}_seconds`, help, 'max') };
  });
  metrics.beforeSnapshot(() => {
    // Without a sample, the minimum is 2^63 - 1.
    if (histogram.count > 0) for (const { of, gauge } of gauges) gauge.set(delayOf(of(histogram)));
    histogram.reset();
  });
}

/** @param nanoseconds a sample of the histogram. @returns the delay in seconds */
function delayOf(nanoseconds: number): number {
  return Math.max(0, nanoseconds / NANOSECONDS - RESOLUTION_MS / 1000);
}

/** Linux only: reads `/proc`. */
function measureFiles(metrics: Metrics): void {
  if (process.platform !== 'linux') return;
  const open = metrics.gauge('process_open_fds', 'Open files and sockets.', 'sum');
  const most = metrics.gauge('process_max_fds', 'Upper bound of open files and sockets.', 'sum');
  metrics.beforeSnapshot(async () => {
    try {
      const [files, limits] = await Promise.all([readdir('/proc/self/fd'), readFile('/proc/self/limits', 'utf8')]);
      open.set(files.length);
      const [, limit] = /^Max open files +(\d+)/m.exec(limits) ?? [];
      if (limit !== undefined) most.set(Number(limit));
    } catch {
      // No file can be opened anymore.
      open.remove();
    }
  });
}
