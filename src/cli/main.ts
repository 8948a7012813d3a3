import '../node-version.js';

const { runCli } = await import('./run-cli.js');
process.exitCode = await runCli(process.argv.slice(2), process.env, {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});
