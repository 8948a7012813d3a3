import { verify } from '@node-rs/argon2';
import { callerOf } from '../support/caller.js';
import { useOperator } from '../support/cli.js';

const operator = useOperator();

const KEY = /^hmk_[0-9a-z]{39}$/;
let number = 0;

/** @returns the arguments that create a medic with a fresh email */
function newMedic(): { email: string; args: string[] } {
  number += 1;
  const email = `Operator.${String(number)}@example.org`;
  return { email, args: ['medic', 'create', '--name', 'Ana Núñez', '--email', email] };
}

const medicOf = (email: string) =>
  operator.look(async (dataSource) => {
    const rows = await dataSource.query<[Record<string, unknown>]>('SELECT * FROM medic WHERE email = $1', [email]);
    return rows[0];
  });

describe('medic create', () => {
  test('medic create prints a valid token alone on its line', async () => {
    const { email, args } = newMedic();
    const token = await operator.succeed(...args);
    expect(token).toMatch(KEY);
    const { id } = await operator.look((dataSource) => callerOf(dataSource, token));
    expect(await medicOf(email)).toMatchObject({ id, name: 'Ana Núñez', is_active: true, password_hash: null });
  });

  test('medic create --json prints the id and the token', async () => {
    const { email, args } = newMedic();
    const printed = await operator.json(...args);
    expect(printed).toEqual({ id: (await medicOf(email))['id'], token: expect.stringMatching(KEY) as string });
  });

  test('medic create stores only a digest of the token and a hash of the password', async () => {
    const { email, args } = newMedic();
    const token = await operator.succeed(...args, '--password', 'correct horse');
    const { password_hash: hash } = await medicOf(email);
    expect(await verify(String(hash), 'correct horse')).toBe(true);
    const rows = await operator.look((dataSource) => dataSource.query<unknown[]>('SELECT t::text FROM api_token t'));
    expect(JSON.stringify(rows)).not.toContain(token);
    expect(JSON.stringify(rows)).not.toContain(Buffer.from(token).toString('hex'));
  });

  test('medic create with a taken email, in any case, stores nothing and names the field', async () => {
    const { email, args } = newMedic();
    await operator.succeed(...args);
    expect(await operator.fail('medic', 'create', '--name', 'B', '--email', email.toUpperCase())).toMatch(
      /^email: .+\n$/,
    );
    const count = await operator.look((dataSource) =>
      dataSource.query<unknown[]>('SELECT FROM medic WHERE name = $1', ['B']),
    );
    expect(count).toEqual([]);
  });

  test('medic create says so if the table has no ids left', async () => {
    const restart = (id: number) =>
      operator.look((dataSource) => dataSource.query(`ALTER TABLE medic ALTER id RESTART WITH ${String(id)}`));
    await restart(2147483647);
    expect(await operator.json(...newMedic().args)).toMatchObject({ id: 2147483647 });
    expect(await operator.fail(...newMedic().args)).toBe(
      'A table has used its last id (2147483647), so nothing can be added to it.\n',
    );
    await restart(1000);
  });

  test.each([
    ['email', ['--name', 'B', '--email', 'nobody']],
    ['name', ['--name', ' ', '--email', 'b@example.org']],
    ['name', ['--name', 'x'.repeat(256), '--email', 'b@example.org']],
    ['password', ['--name', 'B', '--email', 'b@example.org', '--password', '1234567']],
  ])('medic create refuses an invalid %s by the rules of HTTP', async (field, args) => {
    const err = await operator.fail('medic', 'create', ...args);
    expect(err).toMatch(new RegExp(`^${field}: .+\\n$`));
    expect(err).not.toContain('1234567');
  });
});

describe('medic verify-specialty', () => {
  test('medic verify-specialty is repeatable, whatever the case of the email', async () => {
    const { email, args } = newMedic();
    const { id } = await operator.json<{ id: number }>(...args);
    expect((await medicOf(email))['specialty_verified']).toBe(false);
    const text = await operator.succeed('medic', 'verify-specialty', '--email', email.toLowerCase());
    expect(text).toBe(`The specialty of medic ${String(id)} is verified.`);
    expect((await medicOf(email))['specialty_verified']).toBe(true);
    const printed = await operator.json('medic', 'verify-specialty', '--email', email);
    expect(printed).toEqual({ id, specialty_verified: true });
  });

  test('medic verify-specialty --revoke undoes it, and is repeatable', async () => {
    const { email, args } = newMedic();
    const { id } = await operator.json<{ id: number }>(...args);
    await operator.succeed('medic', 'verify-specialty', '--email', email);
    const text = await operator.succeed('medic', 'verify-specialty', '--email', email, '--revoke');
    expect(text).toBe(`The specialty of medic ${String(id)} is no longer verified.`);
    expect((await medicOf(email))['specialty_verified']).toBe(false);
    const printed = await operator.json('medic', 'verify-specialty', '--email', email, '--revoke');
    expect(printed).toEqual({ id, specialty_verified: false });
  });

  test('medic verify-specialty of an unknown email is refused', async () => {
    const err = await operator.fail('medic', 'verify-specialty', '--email', 'nobody@example.org');
    expect(err).toBe('There is no medic with this email; `medic list` shows them all.\n');
  });
});

test('migrate may run twice, and says what it did', async () => {
  expect(await operator.succeed('migrate')).toBe('The schema is up to date already.');
  expect(await operator.json('migrate')).toEqual({ migrations: [] });
});

test('migrate brings an empty database up to date', async () => {
  const names = await operator.look(async (dataSource) => {
    for (const _ of dataSource.migrations) await dataSource.undoLastMigration();
    return dataSource.migrations.map(({ name }) => name);
  });
  expect(await operator.json('migrate')).toEqual({ migrations: names });
  expect(await operator.succeed(...newMedic().args)).toMatch(KEY);
});
