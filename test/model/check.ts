import fc from 'fast-check';
import type { Command } from './command.js';
import { sequencesOf } from './commands.js';

/** Time after which a failing sequence is not shrunk further, in milliseconds. */
const PATIENCE_MS = 540_000;

/** Timeout of a test that checks sequences, in milliseconds. */
export const TIMEOUT_MS = PATIENCE_MS + 60_000;

/** Options of {@link checkSequences}. */
interface CheckOptions {
  /** Number of commands in each sequence. */
  readonly length: number;
  /** Number of sequences in CI, unless `MODEL_RUNS` says otherwise; elsewhere 20. */
  readonly runsInCi: number;
  /** Draws each command; by default one of all. */
  readonly drawn?: fc.Arbitrary<Command>;
}

/** Draws sequences of commands, by `MODEL_SEED` if it is set, and fails the test with the shortest that `play` rejects. */
export async function checkSequences(
  { length, runsInCi, drawn }: CheckOptions,
  play: (commands: Command[]) => Promise<void>,
): Promise<void> {
  const numRuns = Number(process.env['MODEL_RUNS'] ?? (process.env['CI'] === undefined ? 20 : runsInCi));
  const seed = Number(process.env['MODEL_SEED'] ?? Math.trunc(Math.random() * 2 ** 31));
  process.stdout.write(`${String(numRuns)} sequences of ${String(length)} commands, MODEL_SEED=${String(seed)}\n`);
  await fc.assert(fc.asyncProperty(sequencesOf(length, drawn), play), {
    numRuns,
    seed,
    interruptAfterTimeLimit: PATIENCE_MS,
    markInterruptAsFailure: true,
  });
}
