import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The tests that matter for who is calling and who may do what, in one file: a mutant is then tried with
 * the application loaded once instead of once for each file. Those that take long come last.
 */
const ALL = ['tokens', 'memberships', 'locations', 'medics', 'contract', 'authorization', 'limits', 'races'];

/** `MUTATION_TESTS=tokens,memberships` tries with these folders only, which is quicker. */
const FOLDERS = process.env['MUTATION_TESTS']?.split(',') ?? ALL;

/** Of folders that are about more than that, the files that are. */
const ONLY: Record<string, string[]> = {
  contract: ['conventions', 'order-of-refusals', 'pagination', 'routes-are-guarded', 'values'],
  limits: ['failures', 'login'],
};

const tests = join(__dirname, '..');

for (const folder of FOLDERS) {
  const files = readdirSync(join(tests, folder), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.test.ts'),
  );
  const wanted = ONLY[folder];
  for (const file of files.sort()) {
    if (wanted?.some((start) => file.startsWith(start)) === false) continue;
    describe(`${folder}/${file}`, () => {
      jest.requireActual(join(tests, folder, file));
    });
  }
}
