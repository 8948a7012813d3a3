/** Builds and runs the service, and restarts it after each change in src/. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';

let service;
let timer;
let turn = Promise.resolve();

/** Stops the service if it is running, then builds and starts it. */
async function restart() {
  if (service?.exitCode === null && service.signalCode === null) {
    service.kill('SIGTERM');
    await once(service, 'exit');
  }
  const { status } = spawnSync(process.execPath, ['scripts/build.js'], { stdio: 'inherit' });
  if (status === 0)
    service = spawn(process.execPath, ['--enable-source-maps', 'dist/src/main.js'], { stdio: 'inherit' });
}

function soon() {
  clearTimeout(timer);
  // Editors save a file in several steps.
  timer = setTimeout(() => (turn = turn.then(restart)), 200);
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, async () => {
    service?.kill(signal);
    if (service?.exitCode === null) await once(service, 'exit');
    process.exit();
  });
}
watch('src', { recursive: true }, soon);
soon();
