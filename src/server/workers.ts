import cluster, { type Worker } from 'node:cluster';
import type { Logger } from 'pino';

/** Delay before a worker that has ended is replaced. */
const REPLACE_AFTER_MS = 1000;

/**
 * The primary process. It keeps worker processes running, which share the port, and replaces workers that end. If a
 * worker ends before any worker listens, the primary ends with status 1; the worker has printed the reason.
 */
export class Workers {
  private readonly listening = new Set<Worker>();
  private running = 0;
  private exitCode: number | undefined;

  /** @param count number of workers */
  constructor(
    private readonly count: number,
    private readonly logger: Logger,
  ) {}

  /** Starts one worker, and the others when it listens, so that a failure to start is reported once. */
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
        // A message to a worker that has just ended fails too; the `exit` event handles that.
        if (worker.process.pid !== undefined) return;
        this.logger.error({ code: (error as NodeJS.ErrnoException).code }, 'A worker could not be started.');
        this.replace(worker, 1, null);
      });
    }
  }

  private replace(worker: Worker, code: number | null, signal: string | null): void {
    this.running -= 1;
    const hasListened = this.listening.delete(worker);
    const pid = worker.process.pid;
    if (this.exitCode !== undefined) {
      // Before a worker listens, the signal itself ends it, with nothing to drain. That is no failure.
      if (hasListened && code !== 0) this.exitCode = 1;
      if (this.running === 0) process.exit(this.exitCode);
    } else if (!hasListened && this.listening.size === 0) {
      if (code === null) this.logger.error({ worker: pid, signal }, 'A worker was killed before it listened.');
      this.end(1, 'SIGTERM');
    } else {
      this.logger.warn({ worker: pid, code, signal }, 'A worker has ended and will be replaced.');
      setTimeout(() => {
        this.fill();
      }, REPLACE_AFTER_MS);
    }
  }

  /** Lets every worker drain. The primary ends after the last one. */
  private end(exitCode: number, signal: NodeJS.Signals): void {
    this.exitCode ??= exitCode;
    if (this.running === 0) process.exit(this.exitCode);
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill(signal);
  }
}

/** Lets a worker drain, as after SIGTERM, if its primary is gone. Node would end it immediately. */
export function drainWithoutPrimary(worker: Worker): void {
  worker.once('disconnect', () => {
    worker.exitedAfterDisconnect = true;
    process.kill(process.pid, 'SIGTERM');
  });
  // A failed message to the primary must not end the worker.
  process.on('error', () => undefined);
}
