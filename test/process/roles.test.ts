import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { OwnPostgres } from '../faults/own-postgres.js';
import { run } from '../support/cli.js';
import { API } from '../support/client.js';
import { jpeg } from '../support/jpeg.js';
import { useProcesses } from '../support/process.js';
import { isServer } from '../support/server.js';

const start = useProcesses();
const DATABASE = 'memberships';

/** Texts that nothing else contains. */
const PERSON = {
  name: 'Perséfone Zaragüeta',
  cedula_prof: '9081726354',
  specialty_no: '5544332211',
  specialty: 'Otorrinolaringología',
  alma_mater: 'Universidad Quimérica',
  campaign: 'otoño lejano',
};

/** @returns the code blocks below a heading of docs/operations.md */
async function blocksBelow(heading: string): Promise<string[]> {
  const [, section = ''] = (await readFile('docs/operations.md', 'utf8')).split(`\n### ${heading}\n`);
  const [own = ''] = section.split(/\n##/);
  return [...own.matchAll(/```\w+\n([^]*?)```/g)].map(([, code = '']) => code);
}

/** Runs a shell script in a folder. @returns its output */
async function shell(script: string, variables: Record<string, string> = {}, cwd = '.'): Promise<string> {
  const env = { ...process.env, ...variables };
  return (await promisify(execFile)('/bin/sh', ['-e', '-c', script], { env, cwd })).stdout;
}

/** Runs SQL as an operator would by pasting it into psql. */
async function paste(sql: string, url: string): Promise<void> {
  await shell('printf %s "$SQL" | psql -qX -v ON_ERROR_STOP=1 "$URL"', { SQL: sql, URL: url });
}

// Needs the programs of PostgreSQL. Roles belong to a whole server, so the test starts its own.
(isServer ? describe : describe.skip)('with the roles of docs/operations.md', () => {
  let postgres: OwnPostgres;
  let roles: string;
  let grants: string;
  beforeAll(async () => {
    [roles = '', , grants = ''] = await blocksBelow('Roles');
    postgres = await OwnPostgres.create();
    await postgres.start();
    await paste(roles, postgres.url);
    expect(await run({ DATABASE_URL: roleUrl('owner') }, 'migrate')).toMatchObject({ code: 0, err: '' });
    await paste(grants, roleUrl('owner'));
  });
  afterAll(() => postgres.remove());

  function roleUrl(role: 'owner' | 'server', database = DATABASE): string {
    const url = new URL(postgres.url);
    url.username = `memberships_${role}`;
    url.pathname = `/${database}`;
    return url.href;
  }

  /** Runs `work` on a connection with the role of the URL. */
  async function as<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client(url);
    await client.connect();
    return work(client).finally(() => client.end());
  }

  /** @returns a function that sends requests to a process that runs with the serving role */
  async function serve(database = DATABASE) {
    const server = start({ DATABASE_URL: roleUrl('server', database), RATE_LIMIT: '0' });
    const url = await server.url();
    return async (token: string, method: string, path: string, body?: object, status = 201) => {
      const isForm = body instanceof FormData;
      const headers = {
        authorization: `Token ${token}`,
        ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
      };
      const content = body === undefined ? null : isForm ? body : JSON.stringify(body);
      const response = await fetch(url + API + path, { method, headers, body: content });
      const text = await response.text();
      expect({ method, path, status: response.status, text }).toMatchObject({ status });
      return text.startsWith('{') ? (JSON.parse(text) as { id: number; token: string; picture: string }) : undefined;
    };
  }

  /** @returns the key of a medic created by the command line with the serving role */
  async function keyOf(email: string): Promise<string> {
    const printed = await run({ DATABASE_URL: roleUrl('server') }, 'medic', 'create', '--name', 'A', '--email', email);
    expect(printed).toMatchObject({ code: 0, err: '' });
    return printed.out.trim();
  }

  test('the serving role can do everything that the API offers', async () => {
    const key = await keyOf('walk@example.org');
    const send = await serve();
    const fields = { name: 'Hospital', patron: 'HOSPITAL', location: 'Monterrey', contact: '81' };
    const hospital = (await send(key, 'POST', '/hospital/', fields))?.id ?? 0;
    const picture = new FormData();
    picture.append('picture', new Blob([new Uint8Array(jpeg())]));
    const changed = await send(key, 'PATCH', `/hospital/${String(hospital)}`, picture);
    expect((await fetch(changed?.picture ?? '')).status).toBe(200);
    await send(key, 'PATCH', `/hospital/${String(hospital)}`, { picture: null });
    const medic = { name: 'B', email: 'b@example.org', password: 'correct horse battery staple' };
    const { id, token } = (await send(key, 'POST', '/medics/', medic)) ?? { id: 0, token: '' };
    const membership = await send(key, 'POST', '/management/memberships/', { medic: id, hospital });
    const path = `/management/memberships/${String(membership?.id)}`;
    await send(key, 'PATCH', path, { type_membership: 'ADMIN' });
    await send(token, 'PATCH', '/locations/update/', { hospital_id: hospital }, 200);
    await send(key, 'DELETE', path);
    await send(key, 'PATCH', `/medics/${String(id)}`, { hospital, is_active: false }, 202);
    await send(key, 'GET', `/memberships/${String(hospital)}`, undefined, 200);
    const next = (await send(key, 'POST', '/token-auth/rotate/', undefined, 200))?.token ?? '';
    await send(next, 'DELETE', '/token-auth/', undefined, 204);
    const { email, password } = medic;
    await send('', 'POST', '/token-auth/', { email, password: `${password}!` }, 400);
  });

  test.each([
    'CREATE TABLE further (id integer)',
    'CREATE TEMPORARY TABLE further (id integer)',
    'CREATE SCHEMA further',
    'CREATE INDEX further ON medic (name)',
    'CREATE ROLE further',
    'ALTER TABLE medic ADD further integer',
    'ALTER TABLE membership DROP CONSTRAINT membership_one_per_medic_and_hospital',
    'DROP INDEX membership_one_active_per_medic',
    'DROP TABLE medic CASCADE',
    'TRUNCATE medic CASCADE',
    'DELETE FROM membership',
    'DELETE FROM api_token',
    'INSERT INTO migration (timestamp, name) VALUES (1, $$further$$)',
    'INSERT INTO record_inbox (id, at, subject, type, actor) VALUES (gen_random_uuid(), now(), $$medic$$, $$x$$, $$x$$)',
    'DELETE FROM record_inbox',
    'INSERT INTO record_entry SELECT * FROM record_entry',
    'UPDATE record_entry SET body = $$x$$',
    'DELETE FROM record_entry',
    'TRUNCATE record_entry',
    'UPDATE record_head SET position = 0',
    'DELETE FROM record_tile',
    'ALTER TABLE membership DISABLE TRIGGER ALL',
    'DROP TRIGGER zz_record_5_write ON membership',
    'SET session_replication_role = replica',
    'SELECT setval($$record_inbox_seq_seq$$, 1)',
    'SELECT nextval($$record_inbox_seq_seq$$)',
  ])('the serving role may not run: %s', async (sql) => {
    const refused = as(roleUrl('server'), (client) => client.query(sql));
    await expect(refused).rejects.toMatchObject({ code: '42501' });
  });

  test('the serving role manages webhooks and looks for their deliveries', async () => {
    const cli = async (...args: string[]) => {
      const printed = await run({ DATABASE_URL: roleUrl('server') }, 'webhook', ...args);
      expect([args, printed]).toMatchObject([args, { code: 0 }]);
    };
    await cli('add', '--name', 'hook', '--url', 'https://127.0.0.1/', '--after', '0');
    await keyOf('delivered@example.org');
    const server = start({ DATABASE_URL: roleUrl('server') });
    await server.printed(/webhook hook: address not allowed; next attempt/);
    for (const command of ['rotate', 'disable', 'enable', 'remove']) await cli(command, '--name', 'hook');
    await cli('list');
    expect(server.output).not.toMatch(/"level":[456]0.*webhooks:/);
  });

  test('every change by the serving role is recorded, and the serving role reads and sequences the record', async () => {
    const key = await keyOf('recorded@example.org');
    expect(key).toMatch(/^hmk_/);
    const rows = await as(roleUrl('server'), async (client) => {
      await client.query('SELECT record_sequence()');
      expect((await client.query('SELECT record_is_behind() AS behind')).rows).toEqual([{ behind: false }]);
      return (await client.query<{ body: string }>('SELECT body FROM record_entry ORDER BY position DESC LIMIT 2'))
        .rows;
    });
    expect(rows.map(({ body }) => JSON.parse(body) as object)).toEqual([
      expect.objectContaining({ type: 'token.issued' }),
      expect.objectContaining({ type: 'medic.created', actor: { type: 'operator' } }),
    ]);
  });

  test('the backup of docs/operations.md restores every row, and the keys still work', async () => {
    const key = await keyOf('kept@example.org');
    const send = await serve();
    await send(key, 'POST', '/hospital/', { name: 'H', patron: 'H', location: 'M', contact: '8' });
    await as(roleUrl('owner'), (client) => client.query('SELECT record_sequence()'));
    await paste('CREATE DATABASE restored OWNER memberships_owner TEMPLATE template0', postgres.url);
    const folder = await mkdtemp(join(tmpdir(), 'hospital-memberships-'));
    const [script = ''] = await blocksBelow('Backups');
    const urls = { OWNER_URL: roleUrl('owner'), OWNER_URL_OF_AN_EMPTY_DATABASE: roleUrl('owner', 'restored') };
    await shell(script, urls, folder).finally(() => rm(folder, { recursive: true }));
    const tables = ['medic', 'api_token', 'hospital', 'membership', 'hospital_picture', 'migration'].concat([
      'record_entry',
      'record_tile',
    ]);
    const rowsOf = (url: string) =>
      as(url, async (client) => {
        const columns = tables.map((name) => `(SELECT json_agg(t ORDER BY t::text) FROM ${name} t) AS ${name}`);
        return (await client.query<Record<string, unknown[] | null>>(`SELECT ${columns.join(', ')}`)).rows[0];
      });
    const rows = await rowsOf(roleUrl('owner'));
    expect(rows?.['membership']).not.toBeNull();
    expect(await rowsOf(roleUrl('owner', 'restored'))).toEqual(rows);
    const sendToRestored = await serve('restored');
    await sendToRestored(key, 'GET', '/locations/', undefined, 200);
    await sendToRestored(key, 'POST', '/hospital/', { name: 'H', patron: 'H', location: 'M', contact: '8' });
  });

  test('docs/operations.md erases a person: nothing personal is left, the keys are closed, and the record stays valid', async () => {
    const send = await serve();
    const key = await keyOf('first@example.org');
    const body = { ...PERSON, email: 'Erased.Person@example.org', password: 'correct horse battery staple' };
    const person = await send(key, 'POST', '/medics/', body);
    const [script = ''] = await blocksBelow('Erase a person');
    await paste(script.replaceAll('33', String(person?.id)), roleUrl('owner'));
    await send(person?.token ?? '', 'GET', '/locations/', undefined, 401);
    const { stdout } = await promisify(execFile)('pg_dump', [roleUrl('owner')], { maxBuffer: 64 * 1024 * 1024 });
    for (const text of ['erased.person', ...Object.values(PERSON)])
      expect(stdout.toLowerCase()).not.toContain(text.toLowerCase());
    expect(await run({ DATABASE_URL: roleUrl('owner') }, 'record', 'verify')).toMatchObject({ code: 0 });
  });

  test('compose.yaml creates the roles of docs/operations.md with the same rights', async () => {
    const script = await readFile('deploy/roles.sh', 'utf8');
    const [, sql = ''] = /<<'SQL'\n([^]*)SQL\n/.exec(script) ?? [];
    expect(sql).toBe(roles.replace("'a long secret'", ":'owner'").replace("'another long secret'", ":'server'"));
    expect(await readFile('deploy/grants.sql', 'utf8')).toBe(grants);
  });
});
