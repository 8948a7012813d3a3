import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, useOperator } from '../support/cli.js';
import { newPem, useFolder, write } from '../support/key-files.js';
import { isServer } from '../support/server.js';

const folder = useFolder();
const operator = useOperator();
const onServer = isServer ? test : test.skip;

/** A database that does not exist, and an address that nothing listens on. */
const NO_DATABASE = { DATABASE_URL: 'postgres://127.0.0.1:1/none' };

let vkey: string;
let medic: string;
let hospital: string;

/** Changes of the membership, in hours before now: created, made ADMIN, removed. */
const [CREATED, PROMOTED, REMOVED] = [5, 3, 1];

beforeAll(async () => {
  Object.assign(operator.database.variables, { SIGNING_KEY_FILE: write(folder, 'key.pem', newPem()) });
  await operator.look(async (dataSource) => {
    const [row] = await dataSource.query<{ medic: string; hospital: string }[]>(
      `WITH m AS (INSERT INTO medic (name, email, email_key) VALUES ('M', 'm@example.org', 'm@example.org') RETURNING id),
         h AS (INSERT INTO hospital (name, patron, location, contact) VALUES ('H', 'H', 'M', '81') RETURNING id)
       INSERT INTO membership (medic_id, hospital_id, type, is_active) SELECT m.id, h.id, 'MEMBER', true FROM m, h
       RETURNING medic_id::text AS medic, hospital_id::text AS hospital`,
    );
    ({ medic, hospital } = row ?? { medic: '', hospital: '' });
    await dataSource.query(`UPDATE membership SET type = 'ADMIN'`);
    await dataSource.query('UPDATE membership SET is_deleted = true, is_active = false');
    await dataSource.query('SELECT record_sequence(1000)');
    for (const [type, hours] of [
      ['created', CREATED],
      ['changed', PROMOTED],
      ['removed', REMOVED],
    ] as const) {
      await dataSource.query(
        `UPDATE record_entry SET at = at - $2::interval, body = replace(body, record_instant(at), record_instant(at - $2::interval))
         WHERE type = 'membership.' || $1`,
        [type, `${String(hours)} hours`],
      );
    }
  });
  // The entries were moved into the past, so they need another tree.
  await operator.succeed('record', 'restart');
  vkey = await operator.succeed('record', 'key');
});

const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();

const proveAt = (at: string, ...rest: string[]) =>
  ['record', 'prove', '--medic', medic, '--hospital', hospital, '--at', at, ...rest] as const;

const check = (bundle: string, key = vkey) => run(NO_DATABASE, 'record', 'check', bundle, '--key', key);

describe('record prove', () => {
  test.each([
    [4, 'membership.created', { type_membership: 'MEMBER', is_active: true, is_deleted: false }],
    [2, 'membership.changed', { type_membership: 'ADMIN', is_active: true, is_deleted: false }],
    [0.5, 'membership.removed', { type_membership: 'ADMIN', is_active: false, is_deleted: true }],
  ])('proves the entry that was in force %d hours ago, without a database', async (hours, type, after) => {
    const bundle = write(folder, `${type}.tlog-proof`, (await operator.succeed(...proveAt(hoursAgo(hours)))) + '\n');
    const { code, out } = await check(bundle);
    const [where = '', entry = ''] = out.split('\n');
    expect([code, where]).toEqual([
      0,
      expect.stringMatching(/^Valid: entry \d of hospital-memberships\/\S+, in a checkpoint of 5 entries\.$/),
    ]);
    expect(JSON.parse(entry)).toMatchObject({ type, after, medic: Number(medic), hospital: Number(hospital) });
  });

  test('writes the bundle to a new file', async () => {
    const out = join(folder, 'out.tlog-proof');
    expect(await operator.succeed(...proveAt(hoursAgo(2), '--out', out))).toBe('');
    expect((await check(out)).code).toBe(0);
    const before = readFileSync(out, 'utf8');
    expect(await operator.fail(...proveAt(hoursAgo(4), '--out', out))).toBe(
      `The file ${out} exists already; choose another.\n`,
    );
    expect(readFileSync(out, 'utf8')).toBe(before);
  });

  test('refuses an instant before the first entry, and medics and hospitals without a membership', async () => {
    expect(await operator.fail(...proveAt(hoursAgo(6)))).toMatch(
      /^The record has no entry about a membership of medic/,
    );
    const args = ['record', 'prove', '--medic', '99', '--hospital', hospital, '--at', hoursAgo(2)];
    expect(await operator.fail(...args)).toMatch(/^The record has no entry about a membership of medic 99/);
  });

  test('refuses instants that may still change their answer', async () => {
    expect(await operator.fail(...proveAt(new Date().toISOString()))).toMatch(
      /^The instant must be at least 15 seconds ago/,
    );
    expect(await operator.fail(...proveAt('2099-01-01T00:00:00Z'))).toContain('It must be a time in the past');
    expect(await operator.fail(...proveAt('yesterday'))).toContain('--at');
  });

  onServer('names SIGNING_KEY_FILE if there is no key', async () => {
    const { DATABASE_URL = '' } = operator.database.variables;
    const { code, err } = await run({ DATABASE_URL }, ...proveAt(hoursAgo(2)));
    expect([code, err]).toEqual([1, expect.stringContaining('SIGNING_KEY_FILE') as string]);
  });
});

describe('record check', () => {
  let proof: string;
  beforeAll(async () => {
    proof = `${await operator.succeed(...proveAt(hoursAgo(2)))}\n`;
  });

  /** Replaces the part of the bundle that matches, and checks the result. */
  async function checkWith(name: string, part: RegExp, replacement: (text: string) => string): Promise<string> {
    const changed = proof.replace(part, replacement);
    expect(changed).not.toBe(proof);
    const { code, out, err } = await check(write(folder, `${name}.changed`, changed));
    expect({ code, out }).toEqual({ code: 1, out: '' });
    return err;
  }

  const reencoded = (change: (entry: string) => string) => (text: string) =>
    Buffer.from(change(Buffer.from(text, 'base64').toString())).toString('base64');

  test.each([
    [
      'the entry',
      /(?<=^extra )\S+/m,
      reencoded((entry) => entry.replace('ADMIN', 'MEMBER')),
      'The proof does not lead',
    ],
    ['the index', /^index \d/m, () => 'index 0', 'The proof does not lead'],
    ['an index beyond the tree', /^index \d/m, () => 'index 99', 'The proof does not lead'],
    ['a hash', /(?<=^index \d\n)./m, (first: string) => (first === 'A' ? 'B' : 'A'), 'The proof does not lead'],
    ['a missing hash', /(?<=^index \d\n)\S+\n/m, () => '', 'The proof does not lead'],
    ['the size', /^5$/m, () => '4', 'The signature of the checkpoint in the bundle is wrong.'],
    ['the origin', /^hospital-memberships.*$/m, () => 'example.org', 'The signature of the checkpoint'],
    ['no entry', /^extra .*\n/m, () => '', 'The bundle is not a proof'],
    ['no signature', /^— .*\n/m, () => '', 'The bundle is not a proof'],
    ['another format', /@v1/, () => '@v2', 'The bundle is not a proof'],
  ])('refuses a bundle in which somebody changed %s', async (name, part, replacement, message) => {
    expect(await checkWith(name, part, replacement)).toContain(message);
  });

  test('refuses the key of another service, and text that is no key', async () => {
    const bundle = write(folder, 'valid.tlog-proof', proof);
    const other = await operator.succeed('record', 'key', '--file', join(folder, 'other.pem'));
    expect((await check(bundle, other)).err).toBe(
      'The checkpoint in the bundle is not signed by this key; pass the verifier key of its record.\n',
    );
    for (const key of ['', 'x', vkey.replace(/\+[0-9a-f]{8}\+/, '+00000000+'), vkey.slice(0, -4)])
      expect([key, (await check(bundle, key)).err]).toEqual([key, expect.stringContaining('--key')]);
  });

  test('says that the bundle cannot be read', async () => {
    const { code, err } = await check(join(folder, 'none'));
    expect([code, err]).toEqual([1, `The file ${join(folder, 'none')} cannot be read (ENOENT).\n`]);
  });
});
