import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment } from '../../src/config/environment.js';
import { run } from '../support/cli.js';
import { createTestDatabase } from '../support/database.js';
import { lastingPort } from '../support/free-port.js';
import { newPem, useFolder, write } from '../support/key-files.js';
import { useProcesses } from '../support/process.js';
import { paste, stepsOf, withoutChance } from '../support/readme.js';

const start = useProcesses();
const SIGNING_KEY_FILE = write(useFolder(), 'key.pem', newPem());

/**
 * Runs the walks of README against a process, and compares the output of each command.
 * @param variables select the database, for the process and for the commands of the operator
 * @param keys of the first medic and of a service account; by default those that the first start prints
 */
async function walk(
  variables: Record<string, string>,
  normalize: (text: string) => string,
  keys?: { medic: string; service: string },
): Promise<void> {
  const settings = { ...variables, PORT: String(await lastingPort()), RATE_LIMIT: '0' };
  let server = start(settings);
  const url = await server.url();
  const printedKey = async (key: RegExp) => (await server.printed(key))[1] ?? '';
  const secrets = {
    hmk_the_token_that_was_printed: keys?.medic ?? (await printedKey(/^ {2}(hmk_\w+)$/m)),
    hms_the_key_that_was_printed: keys?.service ?? (await printedKey(/^ {2}(hms_\w+)$/m)),
  };
  const steps = stepsOf('README.md');
  const printed = await paste(steps, url, secrets, {
    variables,
    around: async (command, runStep) => {
      if (variables['DATABASE_URL'] !== undefined || !command.includes('npm run')) return runStep();
      // README says so: one process opens the embedded database.
      expect(await server.stop('SIGTERM')).toEqual({ code: 0 });
      const output = await runStep();
      server = start(settings);
      await server.url();
      return output;
    },
  });
  expect(steps.length).toBeGreaterThan(15);
  steps.forEach(({ command, answer }, index) => {
    if (answer === undefined) return;
    expect({ command, answer: normalize(printed[index] ?? '') }).toEqual({ command, answer: normalize(answer) });
  });
}

describe('the walks of README', () => {
  test('each command of README prints the output below it after a first start, with the same ids', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hospital-memberships-readme-'));
    await walk({ DATA_DIR: folder }, withoutChance);
    rmSync(folder, { recursive: true });
  });

  test('each command of README prints the output below it on a database with other data, apart from the ids', async () => {
    const database = await createTestDatabase();
    await database.dataSource.query(`SELECT setval(pg_get_serial_sequence('hospital', 'id'), 70)`);
    await database.dataSource.destroy();
    const variables = { ...database.variables, SIGNING_KEY_FILE };
    const key = async (...args: string[]) => (await run(variables, ...args)).out.trim();
    await key('medic', 'create', '--name', 'Another', '--email', 'another@example.org');
    const medic = await key('medic', 'create', '--name', 'First Medic', '--email', 'first.medic@example.org');
    const scopes = ['--scope', 'token:introspect'];
    const service = await key('service', 'create', '--name', 'introspecting', ...scopes);
    const withoutIds = (text: string) =>
      withoutChance(text)
        .replace(/"(id|medic|hospital|membership)":\d+/g, '"$1":<id>')
        .replace(/"sub":"\d+"/g, '"sub":"<id>"');
    await walk(variables, withoutIds, { medic, service });
    await database.drop();
  });

  test('every command of README is run, apart from those that install, start and test the service', () => {
    const plain = [...readFileSync('README.md', 'utf8').matchAll(/^```\n([^\n]*)/gm)].map(([, first]) => first);
    // The blocks that end are followed by an empty line.
    expect(plain.filter((line) => line !== '')).toEqual([
      'npm ci && npm start',
      'export DATABASE_URL=postgres://user:password@localhost:5432/memberships',
      'npm ci && npm test',
    ]);
  });
});

test('README describes every setting, and no other', () => {
  const [, section = ''] = readFileSync('README.md', 'utf8').split('\n## Settings\n');
  const [table = ''] = section.split('\n## ');
  const described = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, name = '']) => name);
  expect(described.sort()).toEqual(Object.keys(readEnvironment({})).sort());
});
