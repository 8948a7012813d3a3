/**
 * Loaded before a measured server with METRICS_PORT: on demand it counts nothing and observes nothing, like a process
 * without METRICS_PORT, until it is told to go on. It responds to each message with its {@link Usage} so far.
 */
import diagnostics from 'node:diagnostics_channel';
import { syncBuiltinESMExports } from 'node:module';
import perfHooks from 'node:perf_hooks';
import { waits } from '../src/database/waits.js';
import { atBounds, decisions, refusedKeys, responses } from '../src/observability/events.js';

/** The work of the process since its start. */
export interface Usage {
  /** Processor time in microseconds. */
  readonly cpu: number;
  readonly requests: number;
}

/** The part of a signal that may be emptied and filled again. */
interface Listened {
  readonly listeners: Set<unknown>;
}

const signals = [responses, decisions, waits, refusedKeys, atBounds] as unknown as readonly Listened[];
const silenced = signals.map(() => new Set<unknown>());
const histograms: perfHooks.IntervalHistogram[] = [];
let requests = 0;
let isOn = true;

diagnostics.subscribe('http.server.response.finish', () => {
  requests += 1;
});

// The histogram of metrics; load shedding has one too, which must go on.
const { monitorEventLoopDelay } = perfHooks;
perfHooks.monitorEventLoopDelay = (options) => {
  const histogram = monitorEventLoopDelay(options);
  if (new Error().stack?.includes('process-metrics') === true) histograms.push(histogram);
  return histogram;
};
syncBuiltinESMExports();

process.on('message', (message) => {
  if (message !== 'metrics on' && message !== 'metrics off') return;
  // Switching takes time itself, which belongs to neither.
  if (message === 'metrics on') switchTo(true);
  const { user, system } = process.cpuUsage();
  process.send?.({ cpu: user + system, requests } satisfies Usage);
  if (message === 'metrics off') switchTo(false);
});
process.channel?.unref();

function switchTo(on: boolean): void {
  if (on === isOn) return;
  isOn = on;
  for (const histogram of histograms) {
    if (on) histogram.enable();
    else histogram.disable();
  }
  for (const [index, { listeners }] of signals.entries()) {
    const held = silenced[index] ?? new Set();
    const [from, to] = on ? [held, listeners] : [listeners, held];
    for (const listener of from) to.add(listener);
    from.clear();
  }
}
