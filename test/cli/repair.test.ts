import { verifyPassword } from '../../src/auth/password.js';
import { progressOf } from '../../src/cli/session.js';
import { callerOf } from '../support/caller.js';
import { runWith, useOperator } from '../support/cli.js';

const operator = useOperator();

interface Shown {
  readonly id: number;
  readonly type_membership: string;
  readonly is_active: boolean;
  readonly is_deleted: boolean;
}

const ANA = 'ana.repair@example.org';
const LUIS = 'luis.repair@example.org';
let [ana, luis, hospital, other] = [0, 0, 0, 0];

const newHospital = () =>
  operator.look(async (dataSource) => {
    const sql = `INSERT INTO hospital (name, patron, location, contact) VALUES ('San José', 'S', 'Monterrey', '81') RETURNING id`;
    const [row] = await dataSource.query<[{ id: number }]>(sql);
    return row.id;
  });

beforeAll(async () => {
  ana = (await operator.json<{ id: number }>('medic', 'create', '--name', 'Ana', '--email', ANA)).id;
  luis = (await operator.json<{ id: number }>('medic', 'create', '--name', 'Luis', '--email', LUIS)).id;
  [hospital, other] = [await newHospital(), await newHospital()];
});

const at = (id: number, email: string) => ['--hospital', String(id), '--medic', email];
const set = (id: number, email: string, type: string, ...more: string[]) =>
  operator.json<Shown>('membership', 'set', ...at(id, email), '--type', type, ...more);

/** @returns every row that a command could change */
const rows = () =>
  operator.look(async (dataSource) =>
    JSON.stringify(
      await dataSource.query<unknown[]>(
        `SELECT (SELECT json_agg(m ORDER BY m.id) FROM medic m) AS medics,
           (SELECT json_agg(s ORDER BY s.id) FROM membership s) AS memberships,
           (SELECT json_agg(t ORDER BY t.id) FROM api_token t) AS tokens`,
      ),
    ),
  );

/** @returns the error of a command that the data forbids, which changes nothing and is not a usage error */
async function refused(...args: string[]): Promise<string> {
  const before = await rows();
  const err = await operator.fail(...args);
  expect(await rows()).toBe(before);
  expect(err).not.toMatch(/--help|Usage| {4}at /);
  return err;
}

test('control characters in names and labels are escaped for people, and unchanged in JSON', async () => {
  const name = 'A\u001b[2J\nB\tC\u0085D\u007f';
  const email = 'control.repair@example.org';
  await operator.json('medic', 'create', '--name', name, '--email', email);
  await operator.succeed('token', 'issue', '--medic', email, '--label', name);
  const escaped = 'A\\u001b[2J\\u000aB\\u0009C\\u0085D\\u007f';
  expect(await operator.succeed('medic', 'show', '--email', email)).toContain(`\t${escaped}\t`);
  expect(await operator.succeed('token', 'list', '--medic', email)).toContain(`\t${escaped}\t`);
  expect(await operator.json('medic', 'show', '--email', email)).toMatchObject({ name });
});

test('a list of the memberships of an unknown hospital exits 1 and says so', async () => {
  const args = ['membership', 'list', '--hospital', '999999'];
  expect(await operator.fail(...args)).toBe('There is no hospital with this id; `hospital list` shows them all.\n');
  expect(await operator.fail(...args, '--json')).toBe(
    'There is no hospital with this id; `hospital list` shows them all.\n',
  );
});

describe('a hospital without an ADMIN', () => {
  test('a hospital without an ADMIN is found and gets one, whose first live membership becomes active', async () => {
    const lost = await newHospital();
    const listed = await operator.json<unknown[]>('hospital', 'list', '--without-admin', '--after', String(lost - 1));
    expect(listed).toMatchObject([{ id: lost, name: 'San José', admins: 0, members: 0 }]);
    const created = await set(lost, LUIS, 'MEMBER');
    expect(created).toMatchObject({ type_membership: 'MEMBER', is_active: true, is_deleted: false });
    expect(await set(lost, LUIS, 'ADMIN')).toEqual({ ...created, type_membership: 'ADMIN' });
    expect(await operator.json('hospital', 'show', '--id', String(lost))).toMatchObject({ admins: 1, members: 0 });
    await operator.succeed('membership', 'remove', ...at(lost, LUIS), '--allow-no-admin');
  });

  test('a hospital whose only ADMIN is deactivated counts as one without an ADMIN', async () => {
    const lost = await newHospital();
    await set(lost, LUIS, 'ADMIN');
    await operator.succeed('medic', 'deactivate', '--email', LUIS);
    const listed = await operator.json<unknown[]>('hospital', 'list', '--without-admin', '--after', String(lost - 1));
    expect(listed).toMatchObject([{ id: lost }]);
    await operator.succeed('medic', 'activate', '--email', LUIS);
    await operator.succeed('membership', 'remove', ...at(lost, LUIS), '--allow-no-admin');
  });
});

describe('membership', () => {
  test('membership set creates once, restores a removed membership with its id, and keeps one active hospital per medic', async () => {
    const first = await set(hospital, ANA, 'ADMIN');
    expect(await set(hospital, ANA, 'ADMIN')).toEqual(first);
    const second = await set(other, ANA, 'MEMBER');
    expect([first.is_active, second.is_active]).toEqual([true, false]);
    const removed = await operator.json<Shown>('membership', 'remove', ...at(other, ANA));
    expect(removed).toEqual({ ...second, is_deleted: true });
    expect(await set(other, ANA, 'ADMIN')).toEqual({ ...second, type_membership: 'ADMIN' });
    const listed = await operator.json<Shown[]>('membership', 'list', '--hospital', String(hospital));
    expect(listed).toEqual([first]);
    const text = await operator.succeed('membership', 'list', '--hospital', String(hospital));
    expect(text).toBe([first.id, `hospital ${String(hospital)}`, ANA, 'Ana', 'ADMIN', 'active'].join('\t'));
  });

  test('membership set --until gives an end, and never removes it', async () => {
    const until = '2999-01-31T12:00:00.000000Z';
    expect(await set(hospital, LUIS, 'MEMBER', '--until', until)).toMatchObject({ valid_until: until });
    expect(await set(hospital, LUIS, 'MEMBER')).toMatchObject({ valid_until: until });
    expect(await set(hospital, LUIS, 'MEMBER', '--until', 'never')).not.toHaveProperty('valid_until');
    await operator.succeed('membership', 'remove', ...at(hospital, LUIS));
  });

  test('membership set and remove keep the last ADMIN unless --allow-no-admin is given', async () => {
    const last = /^This is the last ADMIN of the hospital; .*--allow-no-admin\.\n$/;
    await set(hospital, ANA, 'ADMIN');
    expect(await refused('membership', 'remove', ...at(hospital, ANA))).toMatch(last);
    expect(await refused('membership', 'set', ...at(hospital, ANA), '--type', 'MEMBER')).toMatch(last);
    expect(await set(hospital, ANA, 'MEMBER', '--allow-no-admin')).toMatchObject({ type_membership: 'MEMBER' });
    await operator.succeed('membership', 'remove', ...at(hospital, ANA));
  });

  test('membership set and remove refuse an unknown medic, hospital or membership', async () => {
    const nobody = 'nobody@example.org';
    expect(await refused('membership', 'set', ...at(hospital, nobody), '--type', 'ADMIN')).toMatch(/no medic/);
    expect(await refused('membership', 'set', ...at(999_999, LUIS), '--type', 'ADMIN')).toMatch(/no hospital/);
    expect(await refused('membership', 'remove', ...at(hospital, LUIS))).toMatch(/no live membership/);
    expect(await refused('hospital', 'show', '--id', '999999')).toMatch(/no hospital/);
    expect(await refused('hospital', 'show', '--id', '2147483647')).toMatch(/no hospital/);
    for (const id of ['2147483648', '0', '01', '1.5', '99999999999'])
      expect(await operator.fail('hospital', 'show', '--id', id)).toMatch(
        /It must be a whole number from 1 to 2147483647\./,
      );
  });
});

describe('medic', () => {
  test('medic list pages by id, and medic show prints the object and its memberships', async () => {
    const list = await operator.json<{ id: number }[]>('medic', 'list', '--limit', '1', '--after', String(ana - 1));
    expect(list).toMatchObject([{ id: ana, email: ANA, is_active: true }]);
    await set(other, LUIS, 'MEMBER');
    const shown = await operator.json('medic', 'show', '--email', LUIS.toUpperCase());
    expect(shown).toMatchObject({ id: luis, hospital: other, memberships: expect.any(Array) as unknown[] });
    expect(JSON.stringify(shown)).not.toMatch(/hash|argon2/);
    expect(await operator.succeed('medic', 'show', '--email', LUIS)).toContain(`\thospital ${String(other)}\t`);
    expect(await refused('medic', 'show', '--email', 'nobody@example.org')).toMatch(/no medic/);
  });

  test('medic deactivate disables the tokens, and activate enables them again', async () => {
    const { id, token } = await operator.json<{ id: number; token: string }>('token', 'issue', '--medic', LUIS);
    const isOpen = () => operator.look((dataSource) => callerOf(dataSource, token).then(Boolean, () => false));
    expect(await operator.json('medic', 'deactivate', '--email', LUIS)).toEqual({ id: luis, is_active: false });
    expect(await isOpen()).toBe(false);
    expect(await operator.succeed('medic', 'activate', '--email', LUIS)).toBe(`Medic ${String(luis)} is activated.`);
    expect(await isOpen()).toBe(true);
    const listed = await operator.json<{ id: number }[]>('token', 'list', '--medic', LUIS);
    expect(listed.map((each) => each.id)).toContain(id);
    expect(await refused('medic', 'deactivate', '--email', 'nobody@example.org')).toMatch(/no medic/);
  });

  test('medic set-password and create read the password from standard input', async () => {
    const { variables } = operator.database;
    const given = await runWith(
      'a new password\n',
      variables,
      'medic',
      'set-password',
      '--email',
      ANA,
      '--password-stdin',
    );
    expect(given).toEqual({ code: 0, out: `Medic ${String(ana)} has a new password.\n`, err: '' });
    const create = ['medic', 'create', '--name', 'C', '--email', 'piped@example.org', '--password-stdin', '--json'];
    expect(await runWith('another password\r\n', variables, ...create)).toMatchObject({ code: 0, err: '' });
    for (const [email, password] of [
      [ANA, 'a new password'],
      ['piped@example.org', 'another password'],
    ] as const) {
      const [row] = await operator.look((dataSource) =>
        dataSource.query<[{ password_hash: string }]>('SELECT password_hash FROM medic WHERE email = $1', [email]),
      );
      expect(await verifyPassword(row.password_hash, password)).toBe(true);
    }
  });

  test('medic set-password refuses a short password, none, two, and an unknown email', async () => {
    const command = ['medic', 'set-password', '--email', ANA];
    expect(await refused(...command, '--password', '1234567')).toMatch(/^password: .+\n$/);
    expect(await operator.fail(...command)).toMatch(/specify either --password or --password-stdin/);
    expect(await operator.fail(...command, '--password', 'x', '--password-stdin')).toMatch(/cannot be used with/);
    const nobody = ['medic', 'set-password', '--email', 'nobody@example.org', '--password', 'long enough'];
    expect(await refused(...nobody)).toMatch(/no medic/);
  });
});

test('a refusal by the data is not a usage error: a taken email, an unknown token, one token too many', async () => {
  expect(await refused('medic', 'create', '--name', 'B', '--email', ANA)).toMatch(/^email: /);
  expect(await refused('token', 'revoke', '--medic', ANA, '--id', '999999')).toMatch(/no live token/);
  await operator.look((dataSource) =>
    dataSource.query(
      `INSERT INTO api_token (medic_id, label, digest)
       SELECT $1, 'many', decode(lpad(to_hex(n), 64, '0'), 'hex') FROM generate_series(1, 20) n`,
      [luis],
    ),
  );
  expect(await refused('token', 'issue', '--medic', LUIS)).toMatch(/20|too many|tokens/i);
});

test('a slow command reports its progress on standard error, at most every two seconds', () => {
  const lines: string[] = [];
  const terminal = { out: () => undefined, err: (text: string) => lines.push(text), read: () => Promise.resolve('') };
  const clock = vi.spyOn(Date, 'now').mockReturnValue(0);
  const progress = progressOf({ variables: {}, terminal });
  for (const instant of [0, 1999, 2000, 3000, 4500]) {
    clock.mockReturnValue(instant);
    progress('medic', instant);
  }
  clock.mockRestore();
  expect(lines).toEqual(['medic: 2000 rows …\n', 'medic: 4500 rows …\n']);
});
