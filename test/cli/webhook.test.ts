import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { WebhookSummary, IssuedSecret } from '../../src/record/webhooks/webhooks.js';
import { isServer } from '../support/server.js';
import { run, useOperator } from '../support/cli.js';
import { newPem, useFolder, write } from '../support/key-files.js';

const operator = useOperator();
const folder = useFolder();

const SECRET = /^whsec_[A-Za-z0-9+/]{43}=$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const URL = 'https://example.org/hook';
const NOT_ENCRYPTED = 'The secret is stored unencrypted, because there is no signing key';

beforeAll(() => {
  // The embedded database has a signing key of its own.
  if (isServer) operator.database.variables['SIGNING_KEY_FILE'] = write(folder, 'key.pem', newPem());
});

const list = () => operator.json<WebhookSummary[]>('webhook', 'list');
const add = (name: string, ...more: string[]) =>
  operator.json<IssuedSecret>('webhook', 'add', '--name', name, '--url', URL, ...more);
const summaryOf = async (name: string) => (await list()).find((each) => each.name === name);

/** Expects that each command fails with an error that contains `text`, and that none changes anything. */
async function refused(text: string, ...commands: string[][]): Promise<void> {
  const before = await list();
  for (const command of commands) expect(await operator.fail('webhook', ...command)).toContain(text);
  expect(await list()).toEqual(before);
}

beforeAll(async () => {
  await operator.succeed('medic', 'create', '--name', 'A', '--email', 'a@example.org');
  await operator.look((dataSource) =>
    dataSource.query(`INSERT INTO hospital (name, patron, location, contact) VALUES ('H', 'H', 'L', 'C')`),
  );
});
afterEach(async () => {
  for (const { name } of await list()) await operator.succeed('webhook', 'remove', '--name', name);
});

describe('webhook add', () => {
  test('webhook add prints the secret alone, and with --json the webhook too', async () => {
    expect(await operator.succeed('webhook', 'add', '--name', 'plain', '--url', URL)).toMatch(SECRET);
    expect(await add('with-json')).toEqual({
      id: expect.any(Number) as number,
      name: 'with-json',
      position: 3,
      secret: expect.stringMatching(SECRET) as string,
      encrypted: true,
    });
  });

  test('a webhook begins now by default, otherwise after the given position, and nothing is sent before the head', async () => {
    expect(await add('now')).toMatchObject({ position: 3 });
    expect(await add('beginning', '--after', '0')).toMatchObject({ position: 0 });
    expect(await add('later', '--after', '2')).toMatchObject({ position: 2 });
    const command = ['add', '--name', 'beyond', '--url', URL, '--after'];
    await refused('--after must be a position from 0 to 3', [...command, '4'], [...command, '999999999999999']);
    await refused('--after', ...['-1', '1.5', 'x', ''].map((text) => [...command, text]));
  });

  test('a webhook filters by types and by a hospital that exists', async () => {
    await add('all');
    await add('filtered', '--type', 'membership.removed', '--type', 'hospital.created', '--hospital', '1');
    expect(await list()).toMatchObject([
      { name: 'all', types: null, hospital: null },
      { name: 'filtered', types: ['membership.removed', 'hospital.created'], hospital: 1 },
    ]);
    const command = ['add', '--name', 'bad', '--url', URL];
    await refused('--type', ...['*', 'membership.*', 'toString', ''].map((type) => [...command, '--type', type]));
    await refused('There is no hospital with this id; `hospital list`', [...command, '--hospital', '2']);
    await refused('--hospital', ...['0', '-1', 'x'].map((id) => [...command, '--hospital', id]));
  });

  test('webhook add refuses a URL that is not HTTPS, has a user or a fragment, or is too long', async () => {
    const urls = ['http://h/', 'https://u@h/', 'https://h/#a', `https://h/${'a'.repeat(2000)}`, 'h', ''];
    await refused('--url', ...urls.map((url) => ['add', '--name', 'bad', '--url', url]));
  });

  test('webhook add refuses a name in use or of another format; the name of a removed webhook is free', async () => {
    await add('once');
    await refused('Another webhook has this name', ['add', '--name', 'once', '--url', URL]);
    const names = ['', 'A', 'a b', 'ñ', 'x'.repeat(65)];
    await refused('--name', ...names.map((name) => ['add', '--name', name, '--url', URL]));
    await operator.succeed('webhook', 'remove', '--name', 'once');
    expect(await add('once')).toMatchObject({ name: 'once' });
  });

  (isServer ? test : test.skip)(
    'says in one sentence that without a signing key the secret is not encrypted',
    async () => {
      const { SIGNING_KEY_FILE, ...others } = operator.database.variables;
      expect(SIGNING_KEY_FILE).toBeDefined();
      const printed = await run(others, 'webhook', 'add', '--name', 'plain', '--url', URL);
      expect(printed).toMatchObject({
        code: 0,
        out: expect.stringMatching(SECRET.source.replace('$', String.raw`\n$`)),
      });
      expect(printed.err).toContain(NOT_ENCRYPTED);
      expect(printed.err.trimEnd()).not.toContain('\n');
      expect((await run(others, 'webhook', 'rotate', '--name', 'plain')).err).toContain(NOT_ENCRYPTED);
      expect((await operator.run('webhook', 'rotate', '--name', 'plain')).err).toBe('');
    },
  );
});

describe('webhook rotate', () => {
  test('webhook rotate prints a new secret, and refuses an unknown webhook and a grace of more than a week', async () => {
    const { secret } = await add('rotated');
    const rotated = await operator.json<IssuedSecret>('webhook', 'rotate', '--name', 'rotated');
    expect(rotated).toMatchObject({ name: 'rotated', secret: expect.stringMatching(SECRET) as string });
    expect(rotated.secret).not.toBe(secret);
    expect(await operator.succeed('webhook', 'rotate', '--name', 'rotated', '--grace', '604800')).toMatch(SECRET);
    await refused('There is no webhook with this name; `webhook list` shows them all.', ['rotate', '--name', 'nobody']);
    const graces = ['-1', '1.5', 'x', '604801', ''];
    await refused('--grace', ...graces.map((grace) => ['rotate', '--name', 'rotated', '--grace', grace]));
  });

  test('after webhook rotate the old secret signs for a day by default', async () => {
    await add('rotated');
    await operator.succeed('webhook', 'rotate', '--name', 'rotated');
    const [{ hours }] = await operator.look((dataSource) =>
      dataSource.query<[{ hours: number }]>(
        `SELECT round(extract(epoch FROM previous_until - now()) / 3600)::integer AS hours FROM webhook`,
      ),
    );
    expect(hours).toBe(24);
  });
});

describe('webhook enable, disable and remove', () => {
  test('webhook enable, disable and remove keep the position, and say where the webhook is', async () => {
    await add('switched', '--after', '1');
    expect(await operator.succeed('webhook', 'disable', '--name', 'switched')).toBe(
      'Disabled the webhook switched at position 1.',
    );
    const disabled = await summaryOf('switched');
    expect(disabled).toMatchObject({ position: 1, disabled_because: 'operator' });
    await operator.succeed('webhook', 'disable', '--name', 'switched');
    expect(await summaryOf('switched')).toEqual(disabled);
    expect(await operator.succeed('webhook', 'enable', '--name', 'switched')).toBe(
      'Enabled the webhook switched; it continues after position 1.',
    );
    expect(await summaryOf('switched')).toMatchObject({ position: 1, disabled_at: null, disabled_because: null });
    expect(await operator.json('webhook', 'remove', '--name', 'switched')).toMatchObject({ name: 'switched' });
    expect(await list()).toEqual([]);
  });

  test('webhook enable, disable and remove refuse an unknown webhook', async () => {
    const commands = ['enable', 'disable', 'remove'].map((command) => [command, '--name', 'nobody']);
    await refused('There is no webhook with this name; `webhook list` shows them all.', ...commands);
  });
});

describe('webhook list', () => {
  test('webhook list shows positions and failures, and never a secret', async () => {
    expect(await operator.succeed('webhook', 'list')).toBe('There are no webhooks.');
    const { secret } = await add('listed', '--after', '1', '--type', 'medic.created');
    expect(await list()).toEqual([
      {
        id: expect.any(Number) as number,
        name: 'listed',
        url: URL,
        types: ['medic.created'],
        hospital: null,
        position: 1,
        head: 3,
        created_at: expect.stringMatching(INSTANT) as string,
        delivered_at: null,
        failures: 0,
        failing_since: null,
        last_failure: null,
        next_attempt_at: expect.stringMatching(INSTANT) as string,
        disabled_at: null,
        disabled_because: null,
      },
    ]);
    const line = await operator.succeed('webhook', 'list');
    expect(line).toBe(`listed\t${URL}\tmedic.created\tposition 1 of 3\tlast delivery never`);
    for (const printed of [line, await operator.succeed('webhook', 'list', '--json')]) {
      expect(printed).not.toContain(secret.slice(6, 30));
      expect(printed).not.toMatch(/whsec_|secret/);
    }
  });

  test.each([
    [
      `failures = 2, failing_since = now(), last_failure = 'status 500'`,
      /\tfailing since \S+Z \(status 500\), next attempt \S+Z$/,
    ],
    [`disabled_at = now(), disabled_because = 'gone', last_failure = 'status 410'`, /\tdisabled \S+Z \(status 410\)$/],
    [
      `disabled_at = now(), disabled_because = 'failures', last_failure = 'ECONNREFUSED'`,
      /\tdisabled \S+Z \(failed for 3 days, last: ECONNREFUSED\)$/,
    ],
    [`disabled_at = now(), disabled_because = 'operator'`, /\tdisabled \S+Z \(by the operator\)$/],
    ['delivered_at = now()', /\tlast delivery \S+Z$/],
  ])('says what the state is after %s', async (columns, line) => {
    await add('state');
    await operator.look((dataSource) => dataSource.query(`UPDATE webhook SET ${columns}`));
    expect(await operator.succeed('webhook', 'list')).toMatch(line);
  });
});

test('an export leaves webhooks and their secrets out', async () => {
  const { secret } = await add('secret-hook');
  const file = join(folder, 'export.gz');
  expect(await operator.succeed('export', '--file', file)).not.toContain('webhook');
  const text = gunzipSync(readFileSync(file)).toString();
  expect(text).toContain('"table":"medic"');
  expect(text).not.toMatch(/secret-hook|example\.org\/hook/);
  const hex = Buffer.from(secret.slice('whsec_'.length), 'base64').toString('hex');
  expect(text).not.toContain(hex);
});
