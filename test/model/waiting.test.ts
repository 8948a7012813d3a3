import fc from 'fast-check';
import { useService } from '../support/service.js';
import { sequencesOf } from './commands.js';
import { WAITING_OPENING } from './opening.js';
import { play } from './play.js';
import { waitingCommand } from './waiting-commands.js';

const service = useService();

const RUNS = Number(process.env['MODEL_RUNS'] ?? (process.env['CI'] === undefined ? 20 : 60));
const SEED = Number(process.env['MODEL_SEED'] ?? Math.trunc(Math.random() * 2 ** 31));
const LENGTH = 30;

/** Time after which a failing sequence is not shrunk further, in milliseconds. */
const PATIENCE_MS = 540_000;

test(
  'for any sequence of requests about memberships that start later, the flag waits as in the model of the contract',
  async () => {
    process.stdout.write(`${String(RUNS)} sequences of ${String(LENGTH)} commands, MODEL_SEED=${String(SEED)}\n`);
    await fc.assert(
      fc.asyncProperty(sequencesOf(LENGTH, waitingCommand), (commands) => play(service, commands, WAITING_OPENING)),
      { numRuns: RUNS, seed: SEED, interruptAfterTimeLimit: PATIENCE_MS, markInterruptAsFailure: true },
    );
  },
  PATIENCE_MS + 60_000,
);
