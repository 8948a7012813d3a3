import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { VERSION } from '../../src/config/version.js';
import { run, useOperator } from '../support/cli.js';

const operator = useOperator();

const COMMANDS = [
  ['migrate'],
  ['medic', 'create'],
  ['medic', 'verify-specialty'],
  ['medic', 'list'],
  ['medic', 'show'],
  ['medic', 'deactivate'],
  ['medic', 'activate'],
  ['medic', 'set-password'],
  ['hospital', 'list'],
  ['hospital', 'show'],
  ['membership', 'list'],
  ['membership', 'set'],
  ['membership', 'remove'],
  ['token', 'issue'],
  ['token', 'list'],
  ['token', 'revoke'],
  ['seed'],
];

describe('--help', () => {
  test('--help lists every command', async () => {
    const help = await operator.succeed('--help');
    for (const [name = ''] of COMMANDS) expect(help).toContain(`\n  ${name}`);
    expect(await operator.succeed('medic', '--help')).toMatch(/create[^]*verify-specialty/);
    expect(await operator.succeed('token', '--help')).toMatch(/issue[^]*list[^]*revoke/);
  });

  test.each(COMMANDS)('--help describes %s %s without touching the database', async (...command) => {
    const nowhere = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing' };
    const { code, out, err } = await run(nowhere, ...command, '--help');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(new RegExp(`^Usage: npm run cli -- ${command.join(' ')} `));
    expect(out).toContain('--json');
  });
});

test('--version prints the version of package.json', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect([await operator.succeed('--version'), VERSION]).toEqual([version, version]);
});

describe('the program', () => {
  const program = 'bin/hospital-memberships.js';

  test('the program runs the build', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [program, '--version']);
    expect(stdout).toBe(`${VERSION}\n`);
  });

  test('the program ends quietly if the reader of its output ends first', async () => {
    const child = spawn(process.execPath, [program, 'openapi'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    const errors: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    const [code] = (await once(child, 'close')) as [number];
    expect({ code, err: Buffer.concat(errors).toString() }).toEqual({ code: 0, err: '' });
  });

  test('the program says so if there is no build', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hospital-memberships-'));
    await cp(program, join(folder, program), { recursive: true });
    await writeFile(join(folder, 'package.json'), '{"type": "module"}');
    const failure = promisify(execFile)(process.execPath, [join(folder, program), 'migrate']);
    await expect(failure).rejects.toMatchObject({
      code: 1,
      stderr: 'The service has not been built yet; run `npm run build` first.\n',
    });
    await rm(folder, { recursive: true });
  });
});

describe('invalid usage', () => {
  test.each([
    [['nonsense'], /unknown command 'nonsense'/],
    [['medic', 'nonsense'], /unknown command 'nonsense'/],
    [['migrate', '--nonsense'], /unknown option '--nonsense'/],
    [['migrate', 'twice'], /too many arguments/],
    [['medic', 'create', '--email', 'a@example.org'], /--name/],
    [['medic', 'create', '--name', 'A'], /--email/],
    [['medic', 'verify-specialty'], /--email/],
    [['token', 'issue'], /--medic/],
    [['token', 'list'], /--medic/],
    [['token', 'revoke', '--all'], /--medic/],
    [['membership', 'set', '--hospital', '1', '--medic', 'a@example.org'], /--type/],
    [['membership', 'set', '--hospital', 'x', '--medic', 'a@example.org', '--type', 'ADMIN'], /whole number/],
  ])('invalid usage exits 1 and says why: %j', async (args, why) => {
    const err = await operator.fail(...args);
    expect(err).toMatch(why);
    expect(err).toContain('--help');
    expect(err).not.toContain('    at ');
  });

  test('a missing command exits 1 and prints the usage', async () => {
    const { code, err } = await operator.run();
    expect(code).toBe(1);
    expect(err).toContain('Usage:');
  });
});

test('an import from a file that does not exist says so before it opens the database', async () => {
  const nowhere = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing' };
  expect(await run(nowhere, 'import', '--file', '/nothing/here.gz')).toEqual({
    code: 1,
    out: '',
    err: 'The file /nothing/here.gz cannot be used: there is no such file or folder.\n',
  });
});

describe('an unreachable database', () => {
  test.each([
    [{ DATABASE_URL: 'mysql://u:hunter2@h/d' }, /^The settings are not valid: DATABASE_URL must .*\.$/],
    [{ DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:1/d' }, /^The PostgreSQL of DATABASE_URL cannot be reached.*\.$/],
    [
      { DATABASE_URL: 'postgres://u:hunter2@nobody.invalid/d' },
      /^The PostgreSQL of DATABASE_URL cannot be reached.*\.$/,
    ],
    [{ DATA_DIR: '/dev/null/data' }, /^DATA_DIR must .*\.$/],
    [{ PORT: 'x' }, /^The settings are not valid: PORT must .*\.$/],
  ] as [Record<string, string>, RegExp][])(
    'a command without its database exits 1 and says why in one sentence without a secret: %j',
    async (variables, sentence) => {
      for (const command of [['migrate'], ['token', 'list', '--medic', 'a@example.org']]) {
        const { code, out, err } = await run(variables, ...command);
        expect({ code, out, err: err.trimEnd() }).toEqual({ code: 1, out: '', err: expect.stringMatching(sentence) });
        expect(err).not.toContain('hunter2');
      }
    },
  );
});
