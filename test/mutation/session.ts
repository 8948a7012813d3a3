import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Suite, type Command, type Outcome } from './suite.js';

/**
 * The tests of authentication and authorization, in the order in which a mutant is tested: the slow ones
 * come last.
 */
const ALL = ['tokens', 'memberships', 'locations', 'medics', 'contract', 'authorization', 'limits', 'races'];

/** `MUTATION_TESTS=tokens,memberships` uses these folders only, which is quicker. */
const FOLDERS = process.env['MUTATION_TESTS']?.split(',') ?? ALL;

/** The relevant files of folders that test other things as well. */
const ONLY: Record<string, string[]> = {
  contract: [
    'conventions',
    'order-of-refusals',
    'pagination',
    'prefetch',
    'round-trips',
    'routes-are-guarded',
    'values',
  ],
  limits: ['failures', 'login'],
};

/** The channel through which the runner asks for runs. */
interface Channel {
  /** Uncaught errors. */
  readonly uncaught: unknown[];
  /** @returns the next run, or null to end */
  next(): Promise<Command | null>;
  answer(outcome: Outcome): void;
}

const { mutationChannel } = globalThis as unknown as { mutationChannel: Channel };
const tests = join(__dirname, '..');

function load(): Suite {
  const suite = new Suite(mutationChannel.uncaught);
  for (const folder of FOLDERS) {
    const files = readdirSync(join(tests, folder), { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((name) => name.endsWith('.test.ts')).sort()) {
      if (ONLY[folder]?.some((start) => file.startsWith(start)) === false) continue;
      suite.load(`${folder}/${file}`, () => {
        jest.requireActual(join(tests, folder, file));
      });
    }
  }
  return suite;
}

// One test for Jest, so that the application stays loaded while mutants are switched on and off.
test(
  'a session',
  async () => {
    const suite = load();
    for (let command = await mutationChannel.next(); command !== null; command = await mutationChannel.next()) {
      mutationChannel.answer(await suite.run(command));
      jest.useRealTimers();
      jest.restoreAllMocks();
    }
  },
  2 ** 31 - 1,
);
