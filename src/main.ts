import './server/node-version.js';

const { run } = await import('./server/run.js');
await run(process.argv.slice(2));
