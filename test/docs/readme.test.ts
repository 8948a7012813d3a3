import { readFileSync } from 'node:fs';
import { readEnvironment } from '../../src/config/environment.js';
import { newPem, useFolder, write } from '../support/key-files.js';
import { paste, stepsOf, withoutChance } from '../support/readme.js';
import { useService } from '../support/service.js';
import { givenService } from '../support/services.js';

/** Runs the walk of README with the keys of its first start, and compares the output of each command. */
async function walk(service: ReturnType<typeof useService>, normalize: (text: string) => string): Promise<void> {
  const first = await service.given.medic({ name: 'First Medic', email: 'first.medic@example.org' });
  const demo = await givenService(service);
  const steps = stepsOf('README.md');
  const printed = await paste(steps, service.client.url, {
    hmk_the_token_that_was_printed: first.token,
    hms_the_key_that_was_printed: demo.key,
  });
  expect(steps.length).toBeGreaterThan(15);
  steps.forEach(({ command, answer }, index) => {
    if (answer === undefined) return;
    expect({ command, answer: normalize(printed[index] ?? '') }).toEqual({ command, answer: normalize(answer) });
  });
}

describe('the walk of README', () => {
  // The embedded database creates a signing key by itself.
  const settings = { SIGNING_KEY_FILE: write(useFolder(), 'key.pem', newPem()) };
  const fresh = useService(settings);
  test('each command of README prints the output below it on a new database, with the same ids', () =>
    walk(fresh, withoutChance));

  const used = useService(settings);
  test('each command of README prints the output below it on a database with other data, apart from the ids', async () => {
    await used.given.hospital();
    const withoutIds = (text: string) =>
      withoutChance(text)
        .replace(/"(id|medic|hospital|membership)":\d+/g, '"$1":<id>')
        .replace(/"sub":"\d+"/g, '"sub":"<id>"');
    await walk(used, withoutIds);
  });
});

test('README describes every setting, and no other', () => {
  const [, section = ''] = readFileSync('README.md', 'utf8').split('\n## Settings\n');
  const [table = ''] = section.split('\n## ');
  const described = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, name = '']) => name);
  expect(described.sort()).toEqual(Object.keys(readEnvironment({})).sort());
});
