import cluster, { type Worker } from 'node:cluster';
import type { Logger } from 'pino';

/** How long after the end of a worker another one takes its place, in milliseconds. */
const REPLACE_AFTER_MS = 1000;

/**
 * The primary process, which serves nothing itself: it keeps worker processes running, which share the
 * port. A worker that ends is replaced; one that ends before it
 * listens, while no other one does, ends the whole with status 1, having said why itself.
 */
export class Workers {
  private readonly listening = new Set<Worker>();
  private running = 0;
  private exitCode: number | undefined;

  /** @param count how many workers there are to be */
  constructor(
    private readonly count: number,
    private readonly logger: Logger,
  ) {}

  /** Starts the first worker, and the others once it listens, so that what is wrong is said once. */
  start(): void {
    cluster.on('listening', (worker) => {
      this.listening.add(worker);
      this.fill();
    });
    cluster.on('exit', (worker, code, signal) => {
      this.replace(worker, code, signal);
    });
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        this.end(0, signal);
      });
    }
    this.fill();
  }

  private fill(): void {
    if (this.exitCode !== undefined) return;
    const wanted = this.listening.size === 0 ? 1 : this.count;
    for (; this.running < wanted; this.running += 1) {
      const worker = cluster.fork();
      worker.on('error', (error) => {
        // One that runs may be gone when a message is sent to it; its exit is what counts.
        if (worker.process.pid !== undefined) return;
        this.logger.error({ code: (error as NodeJS.ErrnoException).code }, 'A worker cannot be started.');
        this.replace(worker, 1, null);
      });
    }
  }

  private replace(worker: Worker, code: number | null, signal: string | null): void {
    this.running -= 1;
    const hasListened = this.listening.delete(worker);
    const pid = worker.process.pid;
    if (this.exitCode !== undefined) {
      // A signal that comes before a worker listens ends it by itself, with nothing to drain.
      if (hasListened && code !== 0) this.exitCode = 1;
      if (this.running === 0) process.exit(this.exitCode);
    } else if (!hasListened && this.listening.size === 0) {
      if (code === null) this.logger.error({ worker: pid, signal }, 'A worker was killed before it listened.');
      this.end(1, 'SIGTERM');
    } else {
      this.logger.warn({ worker: pid, code, signal }, 'A worker has ended; another one takes its place.');
      setTimeout(() => {
        this.fill();
      }, REPLACE_AFTER_MS);
    }
  }

  /** Lets every worker drain, and ends when all have. */
  private end(exitCode: number, signal: NodeJS.Signals): void {
    this.exitCode ??= exitCode;
    if (this.running === 0) process.exit(this.exitCode);
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill(signal);
  }
}

/** Lets a worker drain, as at SIGTERM, when its primary is gone; Node would end it at once. */
export function drainWithoutPrimary(worker: Worker): void {
  worker.once('disconnect', () => {
    worker.exitedAfterDisconnect = true;
    process.kill(process.pid, 'SIGTERM');
  });
  // A message to the primary that has just gone must not end the worker.
  process.on('error', () => undefined);
}
