import cluster, { type Worker } from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import { totalOf, type MetricsSource, type Snapshot } from '../observability/metrics/exposition.js';
import type { Metrics } from '../observability/metrics/metrics.js';

/** How long the primary waits for its workers, in milliseconds. A worker itself waits for the database for a second. */
const WAIT_MS = 3000;

const ASK = 'hospital-memberships:ask-metrics';
const TELL = 'hospital-memberships:metrics';

interface Told {
  readonly type: typeof TELL;
  readonly snapshot: Snapshot;
}

/**
 * The metrics of all workers, in their primary. Counters of workers that have ended stay in the sum, which would
 * otherwise fall and look like a restart. A worker that does not respond counts with its last values.
 */
export class WorkerMetrics implements MetricsSource {
  private readonly latest = new Map<number, Snapshot>();
  /** The counters of workers that have ended. */
  private ended: Promise<Snapshot> = Promise.resolve([]);
  private readonly waiting = new Map<number, () => void>();

  constructor() {
    cluster.on('message', ({ id }: Worker, message: Partial<Told> | null) => {
      if (message?.type !== TELL || message.snapshot === undefined) return;
      this.latest.set(id, withoutGaps(message.snapshot));
      this.waiting.get(id)?.();
    });
    cluster.on('exit', ({ id }: Worker) => {
      const last = this.latest.get(id);
      this.latest.delete(id);
      this.waiting.get(id)?.();
      if (last !== undefined) this.ended = this.ended.then((before) => totalOf([before, last]));
    });
  }

  async snapshots(): Promise<Snapshot[]> {
    const late = new AbortController();
    const workers = Object.values(cluster.workers ?? {}).flatMap((worker) => worker ?? []);
    const told = Promise.all(workers.filter((worker) => worker.isConnected()).map((worker) => this.ask(worker)));
    await Promise.race([told, sleep(WAIT_MS, undefined, { signal: late.signal }).catch(() => undefined)]);
    late.abort();
    return [...this.latest.values(), await this.ended];
  }

  private ask(worker: Worker): Promise<void> {
    return new Promise((resolve) => {
      // The next message settles earlier questions too.
      const earlier = this.waiting.get(worker.id);
      this.waiting.set(worker.id, () => {
        this.waiting.delete(worker.id);
        earlier?.();
        resolve();
      });
      // A worker that has just ended is not an error.
      worker.send(ASK, () => undefined);
    });
  }
}

/** Sends the metrics of a worker to its primary, whenever that asks. */
export function answerPrimary(metrics: Metrics): void {
  process.on('message', (message) => {
    if (message === ASK) void metrics.snapshot().then(tell);
  });
}

/** Sends the counters of a worker that ends to its primary, so that none of them is lost. */
export async function tellTotals(metrics: Metrics): Promise<void> {
  await tell(await metrics.totals());
}

/** @returns once it is sent; a primary that is gone is not an error */
function tell(snapshot: Snapshot): Promise<void> {
  const told: Told = { type: TELL, snapshot };
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else {
      process.send(told, undefined, undefined, () => {
        resolve();
      });
    }
  });
}

/** @returns the snapshot without values that are no numbers, which JSON turns into null */
function withoutGaps(snapshot: Snapshot): Snapshot {
  return snapshot.map((metric) => ({
    ...metric,
    values: metric.values.filter(({ value }) => typeof value === 'number'),
  }));
}
