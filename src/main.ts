import './node-version.js';

const { run } = await import('./run.js');
await run();
