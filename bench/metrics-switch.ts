/**
 * Loaded before a measured server with METRICS_PORT: on demand it counts nothing and observes nothing, like a process
 * without METRICS_PORT, until it is told to go on. It responds to each message with its {@link Usage} so far.
 */
import diagnostics from 'node:diagnostics_channel';
import perfHooks from 'node:perf_hooks';
import { waits } from '../src/database/waits.js';
import { atBounds, decisions, refusedKeys, responses } from '../src/observability/events.js';

/** The work of the process, from its start until it switched its metrics. */
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
const observers: { start: () => void; stop: () => void }[] = [];
let requests = 0;
let isOn = true;

diagnostics.subscribe('http.server.response.finish', () => {
  requests += 1;
});

// The observers of garbage collections and of the event loop that prom-client starts when it is loaded.
const { PerformanceObserver, monitorEventLoopDelay } = perfHooks;
class SwitchedObserver extends PerformanceObserver {
  override observe(options: Parameters<perfHooks.PerformanceObserver['observe']>[0]): void {
    super.observe(options);
    observers.push({
      start: () => {
        super.observe(options);
      },
      stop: () => {
        this.disconnect();
      },
    });
  }
}
Object.assign(perfHooks, {
  PerformanceObserver: SwitchedObserver,
  monitorEventLoopDelay: (options?: perfHooks.EventLoopMonitorOptions) => {
    const histogram = monitorEventLoopDelay(options);
    // Load shedding has one too, which must go on.
    if (new Error().stack?.includes('prom-client') === true)
      observers.push({ start: () => histogram.enable(), stop: () => histogram.disable() });
    return histogram;
  },
});

process.on('message', (message) => {
  if (message !== 'metrics on' && message !== 'metrics off') return;
  const { user, system } = process.cpuUsage();
  process.send?.({ cpu: user + system, requests } satisfies Usage);
  switchTo(message === 'metrics on');
});
process.channel?.unref();

function switchTo(on: boolean): void {
  if (on === isOn) return;
  isOn = on;
  for (const { start, stop } of observers) (on ? start : stop)();
  for (const [index, { listeners }] of signals.entries()) {
    const held = silenced[index] ?? new Set();
    const [from, to] = on ? [held, listeners] : [listeners, held];
    for (const listener of from) to.add(listener);
    from.clear();
  }
}
