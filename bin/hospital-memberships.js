#!/usr/bin/env node
/** The operator's command line. Runs the build in dist/. */
import { existsSync } from 'node:fs';

const program = new URL('../dist/src/cli/main.js', import.meta.url);
if (existsSync(program)) import(program);
else {
  process.stderr.write('The service has not been built yet; run `npm run build` first.\n');
  process.exitCode = 1;
}
