import { copyFile, rm } from 'node:fs/promises';
import pg from 'pg';
import { generateKey } from '../../src/auth/token-key.js';
import { OwnPostgres } from '../faults/own-postgres.js';
import { run } from '../support/cli.js';
import { useProcesses } from '../support/process.js';
import { isServer } from '../support/server.js';
import { until } from '../support/until.js';

const start = useProcesses();

// Needs the programs of PostgreSQL.
(isServer ? describe : describe.skip)('if PostgreSQL requires TLS with its own certificate authority', () => {
  let postgres: OwnPostgres;
  let authority: string;
  beforeAll(async () => {
    postgres = await OwnPostgres.create();
    authority = await postgres.requireTls();
    await postgres.start();
    expect(await run({ DATABASE_URL: withMode('no-verify') }, 'migrate')).toMatchObject({ code: 0, err: '' });
  });
  afterAll(() => postgres.remove());

  const withMode = (mode: string) => `${postgres.url}?sslmode=${mode}`;

  test.each(['verify-full', 'require'])(
    'with sslmode=%s and sslrootcert the service starts, and every connection is encrypted',
    async (mode) => {
      const url = `${withMode(mode)}&sslrootcert=${authority}`;
      const server = start({ DATABASE_URL: url });
      await until(async () => (await fetch(`${await server.url()}/health/ready`)).ok);
      const client = new pg.Client(withMode('no-verify'));
      await client.connect();
      const { rows } = await client.query(
        `SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
       WHERE application_name = 'hospital-memberships'`,
      );
      await client.end();
      expect([rows, server.errors]).toEqual([[{ ssl: true }], '']);
    },
  );

  test('the service connects again once the file of the authority is back', async () => {
    const copy = `${authority}.copy`;
    await copyFile(authority, copy);
    const server = start({ DATABASE_URL: `${withMode('verify-full')}&sslrootcert=${copy}` });
    const url = `${await server.url()}/api/v2/locations/`;
    const lookUp = () => fetch(url, { headers: { authorization: `Token ${generateKey()}` } });
    await until(async () => (await lookUp()).status === 401);
    await rm(copy);
    const client = new pg.Client(withMode('no-verify'));
    await client.connect();
    await client.query(`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
      WHERE application_name = 'hospital-memberships'`);
    await client.end();
    await server.printed(/Cannot read the TLS files of the URL/);
    expect((await lookUp()).status).toBe(503);
    await copyFile(authority, copy);
    await until(async () => (await lookUp()).status === 401);
  });

  test.each(['verify-full', 'require'])(
    'the service does not start with sslmode=%s if no known authority signed the certificate',
    async (mode) => {
      const server = start({ DATABASE_URL: withMode(mode) });
      expect(await server.ended).toEqual({ code: 1 });
      expect(server.errors).toMatch(/^[^\n]*DATABASE_URL is not trusted [^\n]*\.\n$/);
    },
  );

  test('the service does not start with sslmode=verify-full if the certificate names another host', async () => {
    const url = new URL(`${withMode('verify-full')}&sslrootcert=${authority}`);
    url.hostname = 'localhost';
    const server = start({ DATABASE_URL: url.href });
    expect(await server.ended).toEqual({ code: 1 });
    expect(server.errors).toMatch(/altnames|certificate/i);
  });

  test('the service starts with sslmode=no-verify without checking the certificate', async () => {
    const server = start({ DATABASE_URL: withMode('no-verify') });
    await until(async () => (await fetch(`${await server.url()}/health/ready`)).ok);
  });

  test.each(['', '?sslmode=disable'])(
    'the service does not start without TLS if PostgreSQL requires it: %j',
    async (query) => {
      const server = start({ DATABASE_URL: postgres.url + query });
      expect(await server.ended).toEqual({ code: 1 });
    },
  );
});

(isServer ? describe : describe.skip)('if PostgreSQL has no TLS', () => {
  let postgres: OwnPostgres;
  beforeAll(async () => {
    postgres = await OwnPostgres.create();
    await postgres.start();
  });
  afterAll(() => postgres.remove());

  const endOf = async (url: string) => {
    const server = start({ DATABASE_URL: url });
    expect(await server.ended).toEqual({ code: 1 });
    return server.errors;
  };

  test.each(['prefer', 'require', 'verify-ca', 'verify-full'])(
    'the service does not start with sslmode=%s, and says so in one sentence',
    async (mode) => {
      expect(await endOf(`${postgres.url}?sslmode=${mode}`)).toMatch(
        /^[^\n]*DATABASE_URL does not support TLS[^\n]*\.\n$/,
      );
    },
  );

  test.each(['sslrootcert=/nowhere/ca.crt', 'sslnegotiation=x'])(
    'an unusable parameter of DATABASE_URL is named in one sentence: %s',
    async (parameter) => {
      expect(await endOf(`${postgres.url}?sslmode=verify-full&${parameter}`)).toMatch(
        /^The settings are not valid: DATABASE_URL [^\n]*\.\n$/,
      );
    },
  );

  test('the service connects through the folder of a Unix socket, and says in one sentence if there is no socket', async () => {
    const port = new URL(postgres.url).port;
    const url = (folder: string) => `postgres://postgres@/postgres?host=${folder}&port=${port}`;
    expect(await run({ DATABASE_URL: url(postgres.socketFolder) }, 'migrate')).toMatchObject({ code: 0, err: '' });
    const server = start({ DATABASE_URL: url(postgres.socketFolder) });
    await until(async () => (await fetch(`${await server.url()}/health/ready`)).ok);
    expect(await endOf(url('/nowhere'))).toMatch(/^[^\n]*DATABASE_URL cannot be reached[^\n]*\.\n$/);
  });

  test.each(['SQL_ASCII', 'LATIN1'])('migrate and start refuse a database with the encoding %s', async (encoding) => {
    const name = encoding.toLowerCase();
    const client = new pg.Client(postgres.url);
    await client.connect();
    await client.query(`CREATE DATABASE ${name} ENCODING '${encoding}' LOCALE 'C' TEMPLATE template0`);
    await client.end();
    const url = new URL(postgres.url);
    url.pathname = name;
    const refused = new RegExp(`^The database has the encoding ${encoding}; [^\\n]+\\.\\n$`);
    expect(await run({ DATABASE_URL: url.href }, 'migrate')).toMatchObject({
      code: 1,
      err: expect.stringMatching(refused) as string,
    });
    expect(await endOf(url.href)).toMatch(refused);
  });
});
