import { readEnvironment } from '../../src/config/environment.js';
import { RESPONSE_TIMEOUT_MS } from '../../src/database/data-source-options.js';
import { openDatabase } from '../../src/database/open-database.js';
import { useOperator } from '../support/cli.js';
import { isServer } from '../support/server.js';

const operator = useOperator();

/** Runs a command whose write fails with a SQLSTATE. @returns the error that it prints */
async function failWith(code: string): Promise<string> {
  await operator.look((dataSource) =>
    dataSource.query(`CREATE OR REPLACE FUNCTION give_up() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the database gave up' USING ERRCODE = '${code}'; END $$;
      CREATE OR REPLACE TRIGGER give_up BEFORE INSERT ON medic FOR EACH ROW EXECUTE FUNCTION give_up()`),
  );
  const error = await operator.fail('medic', 'create', '--name', 'Ana', '--email', 'ana@example.org');
  await operator.look((dataSource) => dataSource.query('DROP FUNCTION give_up CASCADE'));
  expect(await operator.succeed('medic', 'list')).toBe('There are no medics.');
  return error;
}

// The embedded database is not that of DATABASE_URL.
(isServer ? describe : describe.skip)('a command that the database gives up changes nothing and says why', () => {
  test.each([
    ['a statement that took too long', '57014'],
    ['a deadlock', '40P01'],
    ['a full disk', '53100'],
    ['a lock that was not free', '55P03'],
    ['a database that is read-only', '25006'],
  ])('%s is named by its code', async (_, code) => {
    expect(await failWith(code)).toBe(
      `The PostgreSQL of DATABASE_URL gave up a statement (SQLSTATE ${code}); docs/operations.md lists the codes of "database unavailable".\n`,
    );
  });

  test.each([
    ['a connection that was lost', '08006'],
    ['a server that is ending', '57P01'],
    ['a server that is starting', '57P03'],
  ])('%s is a database that cannot be reached', async (_, code) => {
    expect(await failWith(code)).toMatch(/^The PostgreSQL of DATABASE_URL cannot be reached; .*\.\n$/);
  });
});

(isServer ? test : test.skip)(
  'the statements of a command have no timeout, whatever the default of the database, and those of the server have one',
  async () => {
    const timeoutOf = `current_setting('statement_timeout')`;
    await operator.look(async (dataSource) => {
      const [{ name }] = await dataSource.query<[{ name: string }]>('SELECT current_database() AS name');
      await dataSource.query(`ALTER DATABASE ${name} SET statement_timeout = '7s';
        CREATE FUNCTION note_timeout() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN NEW.name := ${timeoutOf}; RETURN NEW; END $$;
        CREATE TRIGGER note_timeout BEFORE INSERT ON medic FOR EACH ROW EXECUTE FUNCTION note_timeout()`);
    });
    await operator.succeed('medic', 'create', '--name', 'Ana', '--email', 'ana@example.org');
    expect(await operator.json('medic', 'list')).toMatchObject([{ name: '0' }]);
    const environment = readEnvironment(operator.database.variables);
    const server = await (await openDatabase(environment, RESPONSE_TIMEOUT_MS)).initialize();
    const [{ timeout }] = await server.query<[{ timeout: string }]>(`SELECT ${timeoutOf} AS timeout`);
    await server.destroy();
    expect(timeout).toBe('10s');
  },
);
