import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

/**
 * Worker thread that kills the process if a statement of the embedded database never returns. The statement blocks the
 * main thread, including signals and responses.
 */

const CHECK_INTERVAL_MS = 1000;

export interface Watched {
  /** Shared counter that is odd while a statement runs. */
  readonly progress: Int32Array;
  /** DATA_DIR. */
  readonly folder: string;
  /** Upper bound for the CPU time of the process during one statement, in seconds. */
  readonly longest: number;
}

const { progress, folder, longest } = workerData as Watched;
let [last, since] = [0, 0];

setInterval(() => {
  const now = Atomics.load(progress, 0);
  const { user, system } = process.cpuUsage();
  const used = (user + system) / 1_000_000;
  if (now % 2 === 0 || now !== last) [last, since] = [now, used];
  else if (used - since > longest) end();
}, CHECK_INTERVAL_MS);

function end(): void {
  try {
    writeSync(
      2,
      `A statement has kept the embedded database in DATA_DIR (${folder}) busy for ${String(longest)} seconds of CPU time, so this process exits; no acknowledged change is lost. Check that the disk has room, and start the service again.\n`,
    );
  } finally {
    // Even if nobody reads the standard error.
    process.kill(process.pid, 'SIGKILL');
  }
}
