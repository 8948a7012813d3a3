/**
 * Runs everything that `npm run check` promises, in two lanes, because ESLint takes as long as all else together. Prints
 * the output of each step when it ends, and fails if any step has failed. ESLint checks only changed files again, and
 * misses an error that a changed type causes in another file; a clean clone, such as that of CI, has no cache.
 */
import { spawn } from 'node:child_process';

const LANES = [
  ['eslint --cache --cache-strategy content --cache-location node_modules/.cache/eslint .'],
  [
    'tsc --noEmit --incremental --tsBuildInfoFile node_modules/.cache/tsc.json',
    'prettier --check --cache --log-level warn .',
    'npm run --silent lint:layers',
    'npm run --silent lint:sizes',
    'npm run --silent lint:licences',
    'npm run --silent build',
    'npm run --silent lint:sql',
    'npm run --silent lint:openapi',
  ],
];

/** @returns whether the step has passed */
function run(step) {
  return new Promise((resolve) => {
    const start = performance.now();
    const child = spawn(step, { shell: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk));
    child.on('close', (code) => {
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      process.stdout.write(`== ${step}: ${code === 0 ? 'passed' : 'FAILED'}, ${seconds} s\n`);
      process.stdout.write(Buffer.concat(output));
      resolve(code === 0);
    });
  });
}

async function runLane(steps) {
  let hasPassed = true;
  for (const step of steps) hasPassed = (await run(step)) && hasPassed;
  return hasPassed;
}

const results = await Promise.all(LANES.map(runLane));
if (results.includes(false)) process.exitCode = 1;
