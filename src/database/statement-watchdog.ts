import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

/**
 * The program of a thread that kills the process when a statement of the embedded database never returns: the
 * statement holds the main thread, and with it every signal and every answer.
 */

const LOOK_EVERY_MS = 1000;

/** What the thread gets. */
export interface Watched {
  /** One shared number, odd while a statement runs. */
  readonly progress: Int32Array;
  /** DATA_DIR. */
  readonly folder: string;
  /** How much processor time of the process one statement may take, in seconds. */
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
}, LOOK_EVERY_MS);

function end(): void {
  writeSync(
    2,
    `A statement has kept the embedded database in DATA_DIR (${folder}) busy for ${String(longest)} seconds of processor time, so this process ends; nothing that was acknowledged is lost. Check that the disk has room, and start the service again.\n`,
  );
  process.kill(process.pid, 'SIGKILL');
}
