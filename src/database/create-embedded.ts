import { Worker } from 'node:worker_threads';
import { EmbeddedPostgres, EmbeddedPostgresEnded } from './embedded-postgres.js';

/**
 * Creates an embedded database in the folder of the first argument, as a process of its own: creating one
 * takes 400 MB of memory, most of which a process cannot give back. Prints the reason if it fails. A thread
 * waits for the end of the standard input, so that the process never outlives the one that started it.
 */
const WAIT_FOR_PARENT = `
  require('node:fs').readSync(0, Buffer.alloc(1));
  process.kill(process.pid, 'SIGKILL');`;

const [, , folder = ''] = process.argv;
process.umask(0o077);
new Worker(WAIT_FOR_PARENT, { eval: true }).unref();
try {
  await (await EmbeddedPostgres.open(folder)).close();
  process.exit(0);
} catch (error) {
  if (!(error instanceof EmbeddedPostgresEnded)) throw error;
  process.stdout.write(error.reason, () => process.exit(1));
}
