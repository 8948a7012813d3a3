import pg from 'pg';
import { OwnPostgres } from '../faults/own-postgres.js';
import { run } from '../support/cli.js';
import { useProcesses } from '../support/process.js';
import { isServer } from '../support/server.js';

const start = useProcesses();

// It needs PostgreSQL's programs.
(isServer ? describe : describe.skip)(
  'where PostgreSQL answers over TLS only, by a certificate authority of its own',
  () => {
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
      'the service starts with sslmode=%s and sslrootcert, and all is encrypted',
      async (mode) => {
        const url = `${withMode(mode)}&sslrootcert=${authority}`;
        const server = start({ DATABASE_URL: url });
        expect((await fetch(`${await server.url()}/health/ready`)).status).toBe(200);
        const client = new pg.Client(withMode('no-verify'));
        await client.connect();
        const { rows } = await client.query(
          `SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
       WHERE application_name = 'hospital-memberships'`,
        );
        await client.end();
        expect(rows).toEqual([{ ssl: true }]);
      },
    );

    test.each(['verify-full', 'require'])(
      'it does not start with sslmode=%s where nobody vouches for the certificate',
      async (mode) => {
        const server = start({ DATABASE_URL: withMode(mode) });
        expect(await server.ended).toEqual({ code: 1 });
        expect(server.errors).toMatch(/certificate/i);
      },
    );

    test('it does not start with verify-full where the certificate names another host', async () => {
      const url = new URL(`${withMode('verify-full')}&sslrootcert=${authority}`);
      url.hostname = 'localhost';
      const server = start({ DATABASE_URL: url.href });
      expect(await server.ended).toEqual({ code: 1 });
      expect(server.errors).toMatch(/altnames|certificate/i);
    });

    test('it starts with sslmode=no-verify, which looks at no certificate', async () => {
      const server = start({ DATABASE_URL: withMode('no-verify') });
      expect((await fetch(`${await server.url()}/health/ready`)).status).toBe(200);
    });

    test.each(['', '?sslmode=disable'])('it does not start without TLS: %j', async (query) => {
      const server = start({ DATABASE_URL: postgres.url + query });
      expect(await server.ended).toEqual({ code: 1 });
    });
  },
);
