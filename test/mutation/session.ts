import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Suite, type Command, type Outcome } from './suite.js';

/**
 * The tests that matter for who is calling and who may do what, in the order in which a mutant is tried
 * with them: those that take long come last.
 */
const ALL = ['tokens', 'memberships', 'locations', 'medics', 'contract', 'authorization', 'limits', 'races'];

/** `MUTATION_TESTS=tokens,memberships` tries with these folders only, which is quicker. */
const FOLDERS = process.env['MUTATION_TESTS']?.split(',') ?? ALL;

/** Of folders that are about more than that, the files that are. */
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

/** What the environment hands over, so that the runner outside can ask for runs. */
interface Channel {
  /** Errors that nobody caught. */
  readonly uncaught: unknown[];
  /** @returns what to run next, or null to end */
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

// One test as far as Jest is concerned: the application stays loaded while mutants are switched on and off.
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
