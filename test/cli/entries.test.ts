import { readFileSync } from 'node:fs';
import { run, useOperator } from '../support/cli.js';
import { useFolder, write } from '../support/key-files.js';
import { entriesSince, START } from '../support/record.js';
import { undoRecord } from '../support/undo-record.js';

const operator = useOperator();

const MEDIC = 'ana@example.org';
const SEED = ['--hospitals', '1', '--medics', '1', '--memberships', '1'];
// `seed` skips an id.
const PAIR = ['--hospital', '2', '--medic', MEDIC];
const FILE = write(useFolder(), 'medics.csv', `email,type_membership\n${MEDIC},MEMBER\n`);

/** Commands in the order in which the operator runs them, and the types of their entries. */
const WRITES: [command: string, options: string[], types: string[]][] = [
  ['medic create', ['--name', 'Ana', '--email', MEDIC], ['medic.created', 'token.issued']],
  ['seed', SEED, ['medic.created', 'hospital.created', 'membership.created', 'token.issued']],
  ['medic verify-specialty', ['--email', MEDIC], []],
  ['medic set-password', ['--email', MEDIC, '--password', 'correct horse battery staple'], []],
  ['medic deactivate', ['--email', MEDIC], ['medic.deactivated']],
  ['medic activate', ['--email', MEDIC], ['medic.activated']],
  ['membership import', ['--hospital', '2', FILE], ['membership.created']],
  ['membership set', [...PAIR, '--type', 'ADMIN'], ['membership.changed']],
  ['membership remove', PAIR, ['membership.removed']],
  ['membership set', [...PAIR, '--type', 'ADMIN'], ['membership.restored']],
  ['token issue', ['--medic', MEDIC], ['token.issued']],
  ['token revoke', ['--medic', MEDIC, '--id', '1'], ['token.revoked']],
  ['token revoke', ['--medic', MEDIC, '--all'], ['token.revoked']],
  ['service create', ['--name', 'feed', '--scope', 'event:read'], ['service.created']],
  ['service rotate', ['--name', 'feed'], ['service.rotated']],
  ['service revoke', ['--name', 'feed'], ['service.revoked']],
  ['webhook add', ['--name', 'hook', '--url', 'https://example.org/'], []],
  ['webhook rotate', ['--name', 'hook'], []],
  ['webhook disable', ['--name', 'hook'], []],
  ['webhook enable', ['--name', 'hook'], []],
  ['webhook remove', ['--name', 'hook'], []],
];

/** Commands that write nothing; `import` restores the record as it was (`test/cli/transfer.test.ts`). */
const OTHERS = [
  'medic list',
  'medic show',
  'hospital list',
  'hospital show',
  'membership list',
  'token list',
  'service list',
  'webhook list',
  'export',
  'import',
  'openapi',
  'record key',
  'record verify',
  'record prove',
  'record check',
  'record restart',
];

/** @returns the names of the commands under a command that has some, otherwise its name */
async function commandsUnder(...path: string[]): Promise<string[]> {
  const { out } = await run({}, ...path, '--help');
  const [, list] = out.split('\nCommands:\n');
  if (list === undefined) return [path.join(' ')];
  const names = [...list.matchAll(/^ {2}(\S+)/gm)].map(([, name = '']) => name).filter((name) => name !== 'help');
  return (await Promise.all(names.map((name) => commandsUnder(...path, name)))).flat();
}

test('every command that may write is tested', async () => {
  const tested = new Set(WRITES.map(([command]) => command));
  expect((await commandsUnder()).sort()).toEqual(['migrate', ...tested, ...OTHERS].sort());
});

test('README describes every command, and no other', async () => {
  const [, section = ''] = readFileSync('README.md', 'utf8').split("\n## The operator's command line\n");
  const [table = ''] = section.split('\n## ');
  // A row starts with the names of one or more commands in code, each followed by its options.
  const cells = [...table.matchAll(/^\| (.*?[^\\]) +\|/gm)].map(([, cell = '']) => cell);
  const described = cells.flatMap((cell) => [...cell.matchAll(/`([a-z]+(?: [a-z][a-z-]*)?)(?= (?:-|\(|<|\[)|`)/g)]);
  expect(described.map(([, name = '']) => name).sort()).toEqual((await commandsUnder()).sort());
});

test('every entry of a command names the operator and no request', async () => {
  for (const [command, options] of WRITES)
    expect([command, await operator.run(...command.split(' '), ...options)]).toMatchObject([command, { code: 0 }]);
  const written = await operator.look((dataSource) => entriesSince(dataSource, START));
  const types = WRITES.flatMap(([, , ofCommand]) => ofCommand);
  expect(written).toEqual(types.map((type) => ({ type, actor: { type: 'operator' }, request: null })));
});

test('the entries by which migrate begins the record name the operator', async () => {
  await operator.look(async (dataSource) => {
    await dataSource.query(`INSERT INTO medic (name, email, email_key) VALUES ('Old', 'old@b.org', 'old@b.org')`);
    await undoRecord(dataSource);
  });
  await operator.succeed('migrate');
  const written = await operator.look((dataSource) => entriesSince(dataSource, START));
  const began = { type: 'record.began', actor: { type: 'operator' }, request: null };
  expect(written).toEqual([began, ...written.slice(1).map(() => began)]);
});
