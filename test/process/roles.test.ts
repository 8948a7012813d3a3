import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { postgresOptions } from '../../src/database/data-source-options.js';
import { SCOPE_NAMES } from '../../src/auth/scope.js';
import { givenOn } from '../faults/scratch.js';
import { run } from '../support/cli.js';
import { API } from '../support/client.js';
import { jpeg } from '../support/jpeg.js';
import { newPem, useFolder, write } from '../support/key-files.js';
import { useProcesses } from '../support/process.js';
import { givenScene, REQUESTS, sendGranted } from '../support/requests.js';
import { isServer } from '../support/server.js';
import { until } from '../support/until.js';
import { blocksBelow, paste, RoleServer, shell } from './role-server.js';

const start = useProcesses();
const SIGNING_KEY_FILE = write(useFolder(), 'key.pem', newPem());

/** Texts that nothing else contains. */
const PERSON = {
  name: 'Perséfone Zaragüeta',
  cedula_prof: '9081726354',
  specialty_no: '5544332211',
  specialty: 'Otorrinolaringología',
  alma_mater: 'Universidad Quimérica',
  campaign: 'otoño lejano',
};

// Needs the programs of PostgreSQL. Roles belong to a whole server, so the test starts its own.
(isServer ? describe : describe.skip)('with the roles of docs/operations.md', () => {
  let postgres: RoleServer;
  beforeAll(async () => {
    postgres = await RoleServer.start();
  });
  afterAll(() => postgres.remove());

  const roleUrl: RoleServer['url'] = (...role) => postgres.url(...role);

  /** Runs `work` on a connection with the role of the URL. */
  async function as<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client(url);
    await client.connect();
    return work(client).finally(() => client.end());
  }

  /** @returns a function that sends requests to a process that runs with the serving role */
  async function serve(database?: string) {
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

  /** Runs a command with the serving role. @returns its output */
  async function command(...args: string[]): Promise<string> {
    const { code, out, err } = await run({ DATABASE_URL: roleUrl('server') }, ...args);
    expect({ args, code, err }).toEqual({ args, code: 0, err: '' });
    return out.trim();
  }

  const keyOf = (email: string) => command('medic', 'create', '--name', 'A', '--email', email);

  test('the serving role uploads pictures, closes accounts and keys, and counts failed log-ins', async () => {
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

  test('the serving role can send every request that reads or writes the database', async () => {
    const owner = await new DataSource(postgresOptions(roleUrl('owner'))).initialize();
    const given = givenOn(owner);
    const scopes = SCOPE_NAMES.flatMap((scope) => ['--scope', scope]);
    await command('service', 'create', '--name', 'every-scope', ...scopes);
    const asker = { token: await command('service', 'rotate', '--name', 'every-scope') };
    const server = start({ DATABASE_URL: roleUrl('server'), RATE_LIMIT: '0', SIGNING_KEY_FILE });
    const url = await server.url();
    for (const { send } of Object.values(REQUESTS)) {
      await sendGranted(url, send(await givenScene(given, asker)));
    }
    for (const path of ['checkpoint', 'proof?position=1', 'tile/entries/000.p/1', 'tile/0/000.p/1'])
      await sendGranted(url, [asker, 'GET', `//record/${path}`]);
    const { admin, hospital, outsider } = await given.hospital();
    const headers = { authorization: `Bearer ${asker.token}` };
    const body = new URLSearchParams({ token: admin.token });
    const introspection = await fetch(`${url}/oauth2/introspect`, { method: 'POST', headers, body });
    expect(await introspection.json()).toMatchObject({ active: true });

    const stream = await fetch(`${url}/events`, { headers: { ...headers, accept: 'text/event-stream' } });
    const reader = (stream.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
    const valid_until = new Date(Date.now() + 5000).toISOString();
    const limited = { medic: outsider.id, hospital, valid_until };
    await sendGranted(url, [admin, 'POST', '/management/memberships/', limited]);
    let events = '';
    await until(async () => (events += (await reader.read()).value ?? '').includes('membership.ended'));
    await reader.cancel();
    expect(await sendGranted(url, [asker, 'GET', '//events'])).toContain('medic.created');
    await owner.destroy();
    expect(await server.stop('SIGTERM')).toEqual({ code: 0 });
    expect(server.output).not.toMatch(/"level":[456]0/);
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
    await paste('CREATE DATABASE restored OWNER memberships_owner TEMPLATE template0', postgres.superuserUrl);
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
    expect(sql).toBe(
      postgres.roles.replace("'a long secret'", ":'owner'").replace("'another long secret'", ":'server'"),
    );
    expect(await readFile('deploy/grants.sql', 'utf8')).toBe(postgres.grants);
  });
});
