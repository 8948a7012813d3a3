import type { DataSource } from 'typeorm';
import { actorText, statingSql, type Actor } from '../../src/database/actor.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { entriesOf, expectSound } from './entries.js';

let database: TestDatabase;
let dataSource: DataSource;
beforeAll(async () => {
  database = await createTestDatabase();
  dataSource = database.dataSource;
  await dataSource.query(
    `INSERT INTO medic (name, email, email_key) SELECT 'Secret Name', e, e FROM unnest('{a@example.org,b@example.org}'::text[]) e`,
  );
  await dataSource.query(
    `INSERT INTO hospital (name, patron, location, contact) VALUES ('Secret Hospital', 'P', 'L', 'C')`,
  );
});
afterEach(() => expectSound(dataSource));
afterAll(() => database.drop());

const run = (sql: string, values?: unknown[]) => () => dataSource.query<unknown>(sql, values);
const write = (sql: string, values?: unknown[]) => entriesOf(dataSource, run(sql, values));
const typesOf = async (sql: string) => (await write(sql)).map(({ type }) => type);

const STATE = (type_membership: string, is_active: boolean, is_deleted: boolean) => ({
  type_membership,
  is_active,
  is_deleted,
});

test('a change by SQL typed by hand leaves one entry with every member, in the order of the contract', async () => {
  const [entry] = await write(
    `INSERT INTO membership (medic_id, hospital_id, type, is_active) VALUES (1, 1, 'ADMIN', true)`,
  );
  expect(entry).toEqual({
    position: expect.any(Number),
    id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
    type: 'membership.created',
    membership: 1,
    medic: 1,
    hospital: 1,
    before: null,
    after: STATE('ADMIN', true, false),
    actor: { type: 'database', role: 'postgres' },
    request: null,
  });
  expect(Object.keys(entry ?? {}).join()).toBe(
    'position,id,at,type,membership,medic,hospital,before,after,actor,request',
  );
  const [row] = await dataSource.query<{ entry_id: string }[]>('SELECT entry_id FROM membership WHERE id = 1');
  expect(row?.entry_id).toBe(entry?.id);
});

/** Each begins where the one before it ended. */
test.each([
  [`SET type = 'MEMBER'`, 'membership.changed', STATE('ADMIN', true, false), STATE('MEMBER', true, false)],
  [`SET is_active = false`, 'membership.changed', STATE('MEMBER', true, false), STATE('MEMBER', false, false)],
  [
    `SET is_deleted = true, type = 'ADMIN'`,
    'membership.removed',
    STATE('MEMBER', false, false),
    STATE('ADMIN', false, true),
  ],
  [`SET type = 'MEMBER'`, 'membership.changed', STATE('ADMIN', false, true), STATE('MEMBER', false, true)],
  [
    `SET is_deleted = false, is_active = true`,
    'membership.restored',
    STATE('MEMBER', false, true),
    STATE('MEMBER', true, false),
  ],
])('one UPDATE of a membership leaves one entry: %s is %s', async (change, type, before, after) => {
  const entries = await write(`UPDATE membership ${change} WHERE id = 1`);
  expect(entries).toEqual([expect.objectContaining({ type, membership: 1, medic: 1, hospital: 1, before, after })]);
});

test.each([
  [`UPDATE medic SET is_active = false WHERE id = 2`, 'medic.deactivated'],
  [`UPDATE medic SET is_active = true, name = 'Other' WHERE id = 2`, 'medic.activated'],
  [`UPDATE hospital SET is_active = false`, 'hospital.deactivated'],
  [`UPDATE hospital SET is_active = true`, 'hospital.activated'],
  [`INSERT INTO api_token (medic_id, label, digest) VALUES (2, 'secret label', 'd')`, 'token.issued'],
  [`UPDATE api_token SET expires_at = 'infinity'`, 'token.rotated'],
  [`UPDATE api_token SET digest = 'e'`, 'token.rotated'],
  [`UPDATE api_token SET revoked_at = now(), expires_at = NULL`, 'token.revoked'],
  [`UPDATE api_token SET revoked_at = NULL`, 'token.issued'],
  [`DELETE FROM api_token`, 'token.deleted'],
  [`INSERT INTO medic (name, email, email_key) VALUES ('N', 'n', 'n')`, 'medic.created'],
  [`DELETE FROM medic WHERE email = 'n'`, 'medic.deleted'],
  [`INSERT INTO hospital (name, patron, location, contact) VALUES ('N', 'n', 'n', 'n')`, 'hospital.created'],
  [`DELETE FROM hospital WHERE name = 'N'`, 'hospital.deleted'],
  [
    `INSERT INTO membership (medic_id, hospital_id, type, is_active) VALUES (2, 1, 'MEMBER', true)`,
    'membership.created',
  ],
  [`DELETE FROM membership WHERE medic_id = 2`, 'membership.deleted'],
])('%s leaves %s', async (sql, type) => {
  expect(await typesOf(sql)).toEqual([type]);
});

test('the deletion of a medic records each of its keys', async () => {
  await dataSource.query(`INSERT INTO medic (name, email, email_key) VALUES ('N', 'k', 'k')`);
  await dataSource.query(
    `INSERT INTO api_token (medic_id, label, digest) SELECT id, 'l', d::text::bytea FROM medic, generate_series(1, 2) d WHERE email = 'k'`,
  );
  expect((await typesOf(`DELETE FROM medic WHERE email = 'k'`)).sort()).toEqual([
    'medic.deleted',
    'token.deleted',
    'token.deleted',
  ]);
});

test.each([
  `UPDATE membership SET type = type, is_active = is_active`,
  `UPDATE membership SET date_joined = now()`,
  `UPDATE membership SET entry_id = gen_random_uuid(), entry_at = 'infinity'`,
  `UPDATE medic SET name = 'Another', password_hash = 'x', is_active = is_active`,
  `UPDATE hospital SET name = 'Another'`,
  `UPDATE membership SET type = 'MEMBER' WHERE false`,
  `INSERT INTO membership (medic_id, hospital_id, type, is_active) VALUES (1, 1, 'ADMIN', false) ON CONFLICT DO NOTHING`,
  `INSERT INTO membership (medic_id, hospital_id, type, is_active) VALUES (1, 1, 'ADMIN', false)
   ON CONFLICT ON CONSTRAINT membership_one_per_medic_and_hospital DO UPDATE SET date_joined = now()`,
])('a statement that changes no recorded state leaves no entry and keeps the entry of the row: %s', async (sql) => {
  const rows = run('SELECT entry_id, entry_at FROM membership ORDER BY id');
  const before = await rows();
  expect(await write(sql)).toEqual([]);
  expect(await rows()).toEqual(before);
});

test('what a refused or rolled-back statement would have changed is not recorded', async () => {
  const bad = `INSERT INTO membership (medic_id, hospital_id, type, is_active) VALUES (1, 1, 'ADMIN', true)`;
  expect(await entriesOf(dataSource, () => run(bad)().catch(() => undefined))).toEqual([]);
});

test.each([
  [{ type: 'medic', id: 12, token: 87 }, 'r-1'],
  [{ type: 'medic', id: 12, token: null }, null],
  [{ type: 'operator' }, null],
  [{ type: 'clock' }, null],
] as [Actor, string | null][])(
  'the writer states its actor %j and request %s in the transaction',
  async (actor, request) => {
    const [entry] = await write(
      `WITH stating AS (${statingSql()})
     UPDATE hospital SET is_active = NOT is_active FROM stating WHERE stating.actor IS NOT NULL`,
      [actorText(actor), request ?? ''],
    );
    expect(entry).toMatchObject({ actor, request });
    const [next] = await write('UPDATE hospital SET is_active = NOT is_active');
    expect(next).toMatchObject({ actor: { type: 'database', role: 'postgres' }, request: null });
  },
);

test('a text that is not an actor is refused, and nothing is stored', async () => {
  const rows = run('SELECT * FROM hospital');
  const before = await rows();
  for (const text of [
    'medic',
    '{"type":"medic"}',
    '{"type":"medic","id":"x","token":1}',
    '{"type":"medic","id":null,"token":1}',
    '{"type":"operator","name":"Ana"}',
    ' {"type":"clock"}',
    '{"type":"database","role":"a"b"}',
    '{"type":"database","role":"a\\u00"}',
  ]) {
    const refused = run(
      `WITH stating AS (${statingSql()})
       UPDATE hospital SET is_active = NOT is_active FROM stating WHERE stating.actor IS NOT NULL`,
      [text, ''],
    )();
    await expect(refused).rejects.toMatchObject({ code: expect.stringMatching(/^23502|22P02$/) });
  }
  expect(await rows()).toEqual(before);
});

test('a request id of any text becomes a JSON string', async () => {
  const request = `"} \\ \u{1F3E5}\n`;
  const [entry] = await write(
    `WITH stating AS (${statingSql()})
     UPDATE hospital SET is_active = NOT is_active FROM stating WHERE stating.actor IS NOT NULL`,
    [actorText({ type: 'clock' }), request],
  );
  expect(entry?.request).toBe(request);
});

test('entries hold no name, email, label or digest', async () => {
  const rows = await dataSource.query<{ body: string }[]>('SELECT body FROM record_entry');
  expect(rows.map(({ body }) => body).join('\n')).not.toMatch(/secret|@example|digest|label|name|email/i);
});

test.each(['membership', 'medic', 'hospital', 'api_token'])('TRUNCATE of %s is refused', async (table) => {
  await expect(run(`TRUNCATE ${table} CASCADE`)()).rejects.toMatchObject({ code: '23000' });
});

test.each([
  'UPDATE membership SET id = 99 WHERE id = 1',
  'UPDATE membership SET medic_id = 2 WHERE id = 1',
  'UPDATE membership SET hospital_id = 99 WHERE id = 1',
  'UPDATE medic SET id = 99 WHERE id = 2',
  'UPDATE hospital SET id = 99',
])('a change of the id, the medic or the hospital of a row is refused: %s', async (sql) => {
  const refused = run(sql)();
  await expect(refused).rejects.toMatchObject({ code: '23000' });
});
