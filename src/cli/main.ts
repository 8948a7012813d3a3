import { text } from 'node:stream/consumers';
import '../server/node-version.js';

// The reader of a pipe may end first, as in `… | head -1`. The command still does its work.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

const { runCli } = await import('./run-cli.js');
process.exitCode = await runCli(process.argv.slice(2), process.env, {
  out: (printed) => process.stdout.write(printed),
  err: (printed) => process.stderr.write(printed),
  read: () => text(process.stdin),
});
