import { text } from 'node:stream/consumers';
import '../server/node-version.js';

const { runCli } = await import('./run-cli.js');
process.exitCode = await runCli(process.argv.slice(2), process.env, {
  out: (printed) => process.stdout.write(printed),
  err: (printed) => process.stderr.write(printed),
  read: () => text(process.stdin),
});
