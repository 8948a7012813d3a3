import { keepAlive } from './exchange.js';
import { expectNoLateAllow, PATIENCE_MS, ROUNDS } from './removals.js';
import { useScratch } from './scratch.js';

const scratch = useScratch();
const agent = keepAlive();
afterAll(() => {
  agent.destroy();
});

test(
  'no request that starts after the response to a removal succeeds, on any process',
  async () => {
    const urls = await Promise.all([scratch.process(), scratch.process()].map((process) => process.url()));
    await expectNoLateAllow(scratch, { urls, agent }, ROUNDS);
  },
  PATIENCE_MS,
);

test(
  'no request that starts after the response to a removal succeeds, on any worker',
  async () => {
    const url = await scratch.process(2).url();
    // Each connection reaches one of the two workers.
    await expectNoLateAllow(scratch, { urls: [url, url], agent }, Math.ceil(ROUNDS / 4));
  },
  PATIENCE_MS,
);
