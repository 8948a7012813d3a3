import { readEnvironment } from '../../src/config/environment.js';
import { RESPONSE_TIMEOUT_MS } from '../../src/database/data-source-options.js';
import { openDatabase } from '../../src/database/open-database.js';
import { sentenceOf } from '../../src/server/start-failure.js';
import { run, useOperator } from '../support/cli.js';
import { urlWithOptions } from '../support/database.js';
import { useProcesses } from '../support/process.js';
import { isServer } from '../support/server.js';

const operator = useOperator();
const start = useProcesses();

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

const reported = (code: string) =>
  `The PostgreSQL of DATABASE_URL reported an error (SQLSTATE ${code}); the log of PostgreSQL tells more.\n`;

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

  test.each([
    ['an internal error', 'XX000'],
    ['a damaged table', 'XX001'],
    ['a missing file', '58P01'],
    ['a feature that is missing', '0A000'],
    ['a wrong value of a setting', '22023'],
    ['an unknown object', '42704'],
  ])('%s is named by its code, without the stack', async (_, code) => {
    expect(await failWith(code)).toBe(reported(code));
  });
});

(isServer ? describe : describe.skip)('options in DATABASE_URL', () => {
  test.each([
    ['an option that PostgreSQL rejects is named by its code', '-c nosuch=1', reported('42704')],
    [
      'a role without rights on the tables asks for the grants, not for a migration',
      '-c role=pg_monitor',
      "The role in DATABASE_URL may not read the tables; run deploy/grants.sql as the schema's owner (docs/operations.md).\n",
    ],
  ])('%s, by a command and at the start of the server', async (_, options, sentence) => {
    const variables = { DATABASE_URL: urlWithOptions(operator.database, options) };
    expect(await run(variables, 'hospital', 'list')).toEqual({ code: 1, out: '', err: sentence });
    const server = start(variables);
    expect(await server.ended).toEqual({ code: 1 });
    expect([server.output, server.errors]).toEqual(['', sentence]);
  });
});

test('an error that is not of the database keeps its stack, even if its code looks like an SQLSTATE', () => {
  const defect = Object.assign(new Error('a defect'), { code: 'EPERM' });
  for (const variables of [{}, { DATABASE_URL: 'postgres://h/d' }])
    expect(sentenceOf(defect, variables)).toBe(defect.stack);
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
