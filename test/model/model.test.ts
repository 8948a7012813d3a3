import fc from 'fast-check';
import { useService } from '../support/service.js';
import { sequencesOf } from './commands.js';
import { play } from './play.js';

const service = useService();

const RUNS = Number(process.env['MODEL_RUNS'] ?? (process.env['CI'] === undefined ? 20 : 200));
const SEED = Number(process.env['MODEL_SEED'] ?? Math.trunc(Math.random() * 2 ** 31));
const LENGTH = 50;

/** Time after which a failing sequence is not shrunk further, in milliseconds. */
const PATIENCE_MS = 540_000;

test(
  'for any sequence of requests, the service responds and stores exactly as the model of the contract',
  async () => {
    process.stdout.write(`${String(RUNS)} sequences of ${String(LENGTH)} commands, MODEL_SEED=${String(SEED)}\n`);
    await fc.assert(
      fc.asyncProperty(sequencesOf(LENGTH), (commands) => play(service, commands)),
      { numRuns: RUNS, seed: SEED, interruptAfterTimeLimit: PATIENCE_MS, markInterruptAsFailure: true },
    );
  },
  PATIENCE_MS + 60_000,
);
