import { callerOf } from '../support/caller.js';
import { useOperator } from '../support/cli.js';

const operator = useOperator();

interface Summary {
  id: number;
  label: string;
  created_at: string;
  expires_at: string | null;
  revoked_at: string | null;
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const EMAIL = 'token.owner@example.org';
const OTHER = 'someone.else@example.org';

beforeAll(async () => {
  for (const email of [EMAIL, OTHER]) await operator.succeed('medic', 'create', '--name', 'A', '--email', email);
});

const list = (email = EMAIL) => operator.json<Summary[]>('token', 'list', '--medic', email);

/** @returns whether a request with this key would be accepted */
function works(key: string): Promise<boolean> {
  return operator.look((dataSource) =>
    callerOf(dataSource, key).then(
      () => true,
      () => false,
    ),
  );
}

describe('token issue', () => {
  test('token issue prints a further token that works along with the others', async () => {
    const [one, two] = [
      await operator.succeed('token', 'issue', '--medic', EMAIL.toUpperCase()),
      (await operator.json<{ token: string }>('token', 'issue', '--medic', EMAIL, '--label', 'Clínica')).token,
    ];
    expect([one, two]).toEqual([expect.stringMatching(/^hmk_\w{39}$/), expect.stringMatching(/^hmk_\w{39}$/)]);
    expect([await works(one), await works(two), one === two]).toEqual([true, true, false]);
    expect((await list()).map(({ label }) => label)).toEqual(['created', 'operator', 'Clínica']);
  });

  test('token issue accepts the time at which the token expires', async () => {
    const expires = '2099-01-31T06:00:00-06:00';
    await operator.succeed('token', 'issue', '--medic', EMAIL, '--label', 'until', '--expires', expires);
    const until = (await list()).find(({ label }) => label === 'until');
    expect(until).toMatchObject({ expires_at: '2099-01-31T12:00:00.000000Z', revoked_at: null });
  });

  test('token issue keeps the microseconds of the expiry', async () => {
    for (const [expires, stored] of [
      ['2099-01-31T06:00:00.123456-06:00', '2099-01-31T12:00:00.123456Z'],
      ['2099-01-31T12:00:00.1Z', '2099-01-31T12:00:00.100000Z'],
    ] as const) {
      await operator.succeed('token', 'issue', '--medic', EMAIL, '--expires', expires);
      expect((await list()).at(-1)?.expires_at).toBe(stored);
    }
  });

  test.each([
    '2020-01-01T00:00:00Z',
    '2099-01-31T00:00:00.1234567Z',
    '2099-12-31T23:59:60Z',
    'tomorrow',
    '2099-01-31',
    '2099-02-30T00:00:00Z',
    '4070908800',
    '',
  ])('token issue refuses the expiry %j', async (instant) => {
    const before = await list();
    const err = await operator.fail('token', 'issue', '--medic', EMAIL, '--expires', instant);
    expect(err).toContain('--expires');
    expect(await list()).toEqual(before);
  });

  test('token issue refuses a label of more than 255 characters', async () => {
    const before = await list();
    expect(await operator.fail('token', 'issue', '--medic', EMAIL, '--label', 'ñ'.repeat(256))).toContain('--label');
    expect(await list()).toEqual(before);
    await operator.succeed('token', 'issue', '--medic', EMAIL, '--label', 'ñ'.repeat(255));
  });
});

describe('token list', () => {
  test('token list shows ids, labels and dates, and never a key', async () => {
    const key = await operator.succeed('token', 'issue', '--medic', EMAIL, '--label', 'listed');
    const last = (await list()).at(-1);
    expect(last).toMatchObject({
      id: expect.any(Number) as number,
      label: 'listed',
      created_at: expect.stringMatching(INSTANT) as string,
      expires_at: null,
      revoked_at: null,
    });
    const text = await operator.succeed('token', 'list', '--medic', EMAIL);
    expect(text.split('\n').at(-1)).toMatch(new RegExp(`^${String(last?.id)}\tlisted\tcreated .*expires never`));
    const json = await operator.succeed('token', 'list', '--medic', EMAIL, '--json');
    for (const printed of [text, json]) {
      expect(printed).not.toContain(key.slice(4, 30));
      expect(printed).not.toMatch(/hmk_|digest/);
    }
  });
});

describe('token revoke', () => {
  test('token revoke --id revokes only that token', async () => {
    const [one, two] = [
      await operator.succeed('token', 'issue', '--medic', EMAIL),
      await operator.succeed('token', 'issue', '--medic', EMAIL),
    ];
    const id = String((await list()).at(-2)?.id);
    expect(await operator.succeed('token', 'revoke', '--medic', EMAIL, '--id', id)).toBe('Revoked 1 token.');
    expect([await works(one), await works(two)]).toEqual([false, true]);
    expect((await list()).at(-2)?.revoked_at).toMatch(INSTANT);
    expect(await operator.succeed('token', 'list', '--medic', EMAIL)).toMatch(new RegExp(`\n${id}\t.*\trevoked `));
    expect(await operator.fail('token', 'revoke', '--medic', EMAIL, '--id', id)).toMatch(/no live token/);
  });

  test('token revoke refuses a token of another medic', async () => {
    const [others] = await list(OTHER);
    const err = await operator.fail('token', 'revoke', '--medic', EMAIL, '--id', String(others?.id));
    expect(err).toMatch(/no live token/);
    expect((await list(OTHER))[0]?.revoked_at).toBeNull();
  });

  test("token revoke --all revokes every token of the medic and nobody else's", async () => {
    const key = await operator.succeed('token', 'issue', '--medic', EMAIL);
    const live = (await list()).filter(({ revoked_at }) => revoked_at === null).length;
    expect(await operator.json('token', 'revoke', '--medic', EMAIL, '--all')).toEqual({ revoked: live });
    expect(await works(key)).toBe(false);
    expect(await operator.succeed('token', 'revoke', '--medic', EMAIL, '--all')).toBe('Revoked 0 tokens.');
    expect((await list(OTHER))[0]?.revoked_at).toBeNull();
  });

  test.each([[[]], [['--id', '1', '--all']], [['--id', 'x']], [['--id', '0']], [['--id', '-1']]])(
    'token revoke requires either one id or --all: %j',
    async (which) => {
      const { code, out, err } = await operator.run('token', 'revoke', '--medic', EMAIL, ...which);
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toMatch(/--id/);
    },
  );
});

test.each(['issue', 'list', 'revoke'])('token %s of an unknown medic is refused', async (command) => {
  const args = command === 'revoke' ? ['--all'] : [];
  const err = await operator.fail('token', command, '--medic', 'nobody@example.org', ...args);
  expect(err).toBe('There is no medic with this email; `medic list` shows them all.\n');
});
