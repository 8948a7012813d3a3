import { useOperator } from '../support/cli.js';

const operator = useOperator();

interface Summary {
  id: number;
  name: string;
  scopes: string[];
  created_at: string;
  expires_at: string;
  revoked_at: string | null;
  last_used_at: string | null;
}

interface Issued {
  id: number;
  name: string;
  scopes: string[];
  expires_at: string;
  key: string;
}

const KEY = /^hms_[0-9a-hjkmnp-tv-z]{39}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const DAY_MS = 86_400_000;

const list = () => operator.json<Summary[]>('service', 'list');
const create = (name: string, ...more: string[]) =>
  operator.json<Issued>('service', 'create', '--name', name, '--scope', 'event:read', ...more);
const rotate = (name: string, ...more: string[]) => operator.json<Issued>('service', 'rotate', '--name', name, ...more);

/** Moves the start and the end of a term into the past. */
const age = (name: string, interval: string) =>
  operator.look((dataSource) =>
    dataSource.query(
      'UPDATE service_account SET issued_at = issued_at - $2::interval, expires_at = expires_at - $2::interval WHERE name = $1',
      [name, interval],
    ),
  );

const daysUntil = (instant: string) => (Date.parse(instant) - Date.now()) / DAY_MS;

/** Expects that each command fails with an error that contains `text`, and that none changes anything. */
async function refused(text: string, ...commands: string[][]): Promise<void> {
  const before = await list();
  for (const command of commands) expect(await operator.fail('service', ...command)).toContain(text);
  expect(await list()).toEqual(before);
}

describe('service create', () => {
  test('service create prints the key alone, and with --json the account too', async () => {
    expect(await operator.succeed('service', 'create', '--name', 'plain', '--scope', 'event:read')).toMatch(KEY);
    expect(await create('with-json', '--scope', 'decision:check', '--scope', 'event:read')).toEqual({
      id: expect.any(Number) as number,
      name: 'with-json',
      scopes: ['decision:check', 'event:read'],
      expires_at: expect.stringMatching(INSTANT) as string,
      key: expect.stringMatching(KEY) as string,
    });
  });

  test('a key expires in a year by default, and otherwise at most two years ahead', async () => {
    expect(Math.round(daysUntil((await create('default-term')).expires_at))).toBeGreaterThanOrEqual(365);
    expect(Math.round(daysUntil((await create('default-term-2')).expires_at))).toBeLessThanOrEqual(366);
    const tomorrow = new Date(Date.now() + DAY_MS).toISOString();
    expect((await create('short-term', '--expires', tomorrow)).expires_at).toBe(tomorrow.replace('Z', '000Z'));
    const almostTwoYears = new Date(Date.now() + 729 * DAY_MS).toISOString();
    expect((await create('long-term', '--expires', almostTwoYears)).expires_at.slice(0, 23)).toBe(
      almostTwoYears.slice(0, 23),
    );
    const bad = [new Date(Date.now() + 732 * DAY_MS).toISOString(), '2020-01-01T00:00:00Z', 'tomorrow', ''];
    const command = ['create', '--name', 'bad-term', '--scope', 'event:read', '--expires'];
    await refused('--expires', ...bad.map((expires) => [...command, expires]));
  });

  test('a name has 1 to 64 of a-z 0-9 -', async () => {
    const names = ['', 'A', 'a b', 'a_b', 'ñ', 'a.b', 'x'.repeat(65), 'a\n'];
    await refused('--name', ...names.map((name) => ['create', '--name', name, '--scope', 'event:read']));
    for (const name of ['a', '-', 'x'.repeat(64)]) expect((await create(name)).name).toBe(name);
  });

  test('refuses an unknown scope, a wildcard, and no scope at all', async () => {
    const scopes = ['*', 'event:*', 'event:write', 'EVENT:READ', 'toString', ''];
    const command = ['create', '--name', 'no-scope'];
    await refused('--scope', command, ...scopes.map((scope) => [...command, '--scope', scope]));
  });

  test('a name is never reused, not even after its account is revoked or has expired', async () => {
    const again = ['create', '--name', 'once', '--scope', 'event:read'];
    await create('once');
    await refused('never reused', again);
    await age('once', '2 years');
    await refused('never reused', again);
    await operator.succeed('service', 'revoke', '--name', 'once');
    await refused('never reused', again);
  });
});

describe('service rotate', () => {
  test('starts a new full term, as long as the first one, also for an expired account', async () => {
    const expires = new Date(Date.now() + 30 * DAY_MS).toISOString();
    const first = await create('monthly', '--expires', expires);
    await age('monthly', '31 days');
    const second = await rotate('monthly');
    expect([second.id, second.scopes, second.key === first.key]).toEqual([first.id, first.scopes, false]);
    expect(Math.round(daysUntil(second.expires_at))).toBe(30);
  });

  test('refuses an unknown account and a grace of more than a day', async () => {
    await create('rotated');
    await refused('There is no service account with this name; `service list` shows them all.', [
      'rotate',
      '--name',
      'nobody',
    ]);
    const graces = ['-1', '1.5', 'x', '86401', ''];
    await refused('--grace', ...graces.map((grace) => ['rotate', '--name', 'rotated', '--grace', grace]));
    expect((await rotate('rotated', '--grace', '0')).key).toMatch(KEY);
    expect((await rotate('rotated', '--grace', '86400')).key).toMatch(KEY);
  });
});

describe('service revoke', () => {
  test('revokes an account for ever: it cannot be revoked again, rotated or created', async () => {
    await create('leaked');
    expect(await operator.succeed('service', 'revoke', '--name', 'leaked')).toBe('Revoked the service account leaked.');
    expect((await list()).find(({ name }) => name === 'leaked')?.revoked_at).toMatch(INSTANT);
    await refused('is revoked', ['revoke', '--name', 'leaked'], ['rotate', '--name', 'leaked']);
    await refused('There is no service account with this name; `service list` shows them all.', [
      'revoke',
      '--name',
      'nobody',
    ]);
  });
});

describe('service list', () => {
  test('shows names, scopes and dates, and never a key', async () => {
    const { key } = await create('listed');
    expect((await list()).at(-1)).toEqual({
      id: expect.any(Number) as number,
      name: 'listed',
      scopes: ['event:read'],
      created_at: expect.stringMatching(INSTANT) as string,
      expires_at: expect.stringMatching(INSTANT) as string,
      revoked_at: null,
      last_used_at: null,
    });
    const text = await operator.succeed('service', 'list');
    expect(text.split('\n').at(-1)).toMatch(/^\d+\tlisted\tevent:read\tcreated .*\texpires .*\tlast used never$/);
    for (const printed of [text, await operator.succeed('service', 'list', '--json')]) {
      expect(printed).not.toContain(key.slice(4, 30));
      expect(printed).not.toMatch(/hms_|digest/);
    }
  });
});
