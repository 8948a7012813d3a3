import { Worker } from 'node:worker_threads';
import { EmbeddedPostgres, EmbeddedPostgresEnded } from './embedded-postgres.js';

// Creates an embedded database in the folder of the first argument, as a process of its own: creating one takes
// 400 MB of memory, most of which a process cannot give back. It prints `created`, or the reason of a failure,
// and ends when its standard input does: at the latest with the process that started it.

/** Runs in a thread, because PostgreSQL keeps the main thread busy. */
const END_WITH_INPUT = `
  require('node:fs').readSync(0, Buffer.alloc(1));
  process.kill(process.pid, 'SIGKILL');`;

async function create(folder: string): Promise<string> {
  try {
    await (await EmbeddedPostgres.open(folder)).close();
    return 'created';
  } catch (error) {
    if (error instanceof EmbeddedPostgresEnded) return error.reason;
    throw error;
  }
}

process.umask(0o077);
new Worker(END_WITH_INPUT, { eval: true });
process.stdout.write(await create(process.argv[2] ?? ''));
