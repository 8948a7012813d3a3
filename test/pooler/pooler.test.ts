import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { TokensService } from '../../src/auth/tokens.service.js';
import { postgresOptions } from '../../src/database/data-source-options.js';
import { migrate } from '../../src/database/schema.js';
import { OperatorMedics } from '../../src/medics/operator-medics.js';
import { run } from '../support/cli.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { PgBouncer } from '../support/pgbouncer.js';
import { useProcesses } from '../support/process.js';
import { POOLER_URL } from '../support/server.js';
import { at, everythingOf, fill, newPlace } from '../support/treasure.js';
import { until } from '../support/until.js';

const start = useProcesses();

/** The log line if statements have no time limit. */
const ENDLESS = /Statements of this PostgreSQL user have no timeout/;

let database: TestDatabase;
beforeEach(async () => {
  expect(process.env).toHaveProperty(POOLER_URL);
  database = await createTestDatabase();
});
afterEach(() => database.drop());

/** Runs `work` over a connection that bypasses the pooler. */
async function directly(
  work: (client: Awaited<ReturnType<TestDatabase['connect']>>, name: string) => Promise<unknown>,
) {
  const client = await database.connect();
  await work(client, client.database ?? '').finally(() => client.end());
}

/** Sets a statement timeout for the database, which also reaches the pooler's existing connections. */
function limitStatements(duration: string): Promise<void> {
  return directly(async (client, name) => {
    await client.query(`ALTER DATABASE ${name} SET statement_timeout = '${duration}'`);
    await client.query(
      'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()',
      [name],
    );
  });
}

test('concurrent migrations run each migration once, and leave no lock and no setting behind', async () => {
  const { dataSource } = database;
  for (const _ of dataSource.migrations) await dataSource.undoLastMigration();
  await limitStatements('7s');
  const other = await new DataSource(postgresOptions(database.variables['DATABASE_URL'] ?? '')).initialize();
  const ran = await Promise.all([migrate(dataSource), migrate(other), migrate(other)]);
  await other.destroy();
  expect(ran.flat()).toEqual(dataSource.migrations.map(({ name }) => name));
  await directly(async (client) => {
    const { rows } = await client.query(`SELECT FROM pg_locks WHERE locktype = 'advisory' AND database =
      (SELECT oid FROM pg_database WHERE datname = current_database())`);
    expect(rows).toEqual([]);
  });
  const settings = await Promise.all(Array.from({ length: 10 }, () => dataSource.query('SHOW statement_timeout')));
  expect(new Set(settings.flat().map((row: { statement_timeout: string }) => row.statement_timeout))).not.toContain(
    '0',
  );
});

test('every row that is exported through the pooler is imported through it', async () => {
  const [folder, other] = [await mkdtemp(join(tmpdir(), 'hospital-memberships-')), await newPlace('server')];
  const file = join(folder, 'data.gz');
  await fill(database.dataSource, 1200, 100_000);
  expect(await run(database.variables, 'export', '--file', file)).toMatchObject({ code: 0 });
  // The export has moved all entries into the record.
  const before = await everythingOf(database.dataSource);
  expect(await run(other.variables, 'import', '--file', file)).toMatchObject({ code: 0 });
  expect(await at(other, everythingOf)).toEqual(before);
  await other.drop();
  await rm(folder, { recursive: true });
});

test('the service logs that statements have no time limit if the pooler drops the timeout', async () => {
  const server = start(database.variables);
  await server.url();
  await server.printed(ENDLESS);
  expect(await server.stop('SIGTERM')).toEqual({ code: 0 });
});

test('with a timeout of the role or the database, a write that waits for a lock is a 503 and changes nothing', async () => {
  const medics = new OperatorMedics(database.dataSource);
  const { token } = await medics.create({ name: 'A', email: 'a@example.org' }, new TokensService(database.dataSource));
  await limitStatements('1s');
  const server = start({ ...database.variables, RATE_LIMIT: '0' });
  const url = await server.url();
  const rename = () =>
    fetch(`${url}/api/v2/medics/1`, {
      method: 'PATCH',
      headers: { authorization: `Token ${token}` },
      body: new URLSearchParams({ name: 'B' }),
    });
  await directly(async (client) => {
    await client.query('BEGIN');
    await client.query('SELECT FROM medic WHERE id = 1 FOR UPDATE');
    expect((await rename()).status).toBe(503);
    expect((await client.query('SELECT name FROM medic WHERE id = 1')).rows).toEqual([{ name: 'A' }]);
    await client.query('ROLLBACK');
  });
  expect((await rename()).status).toBe(202);
  expect(server.output).not.toMatch(ENDLESS);
});

test('a connection that ends in the middle of a transaction leaves nothing of it to other users', async () => {
  const { dataSource } = database;
  await directly(async (client) => {
    await dataSource.query('CREATE TABLE counter (n integer)');
    const cut = dataSource
      .transaction(async (manager) => {
        await manager.query('INSERT INTO counter VALUES (1)');
        await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND state = 'idle in transaction'`);
        await manager.query('INSERT INTO counter VALUES (2)');
      })
      .catch((error: unknown) => error);
    expect(await cut).toBeInstanceOf(Error);
    await until(async () => (await client.query('SELECT FROM counter')).rowCount === 0);
    expect(await dataSource.query('SELECT n FROM counter')).toEqual([]);
  });
});

test('a pooler that refuses the settings of the connection ends the start with a sentence', async () => {
  const strict = await PgBouncer.start(new URL(process.env['TEST_DATABASE_URL'] ?? ''), 'options');
  const server = start({ DATABASE_URL: strict.url });
  expect(await server.ended).toEqual({ code: 1 });
  expect(server.errors).toMatch(/^The PostgreSQL of DATABASE_URL rejected [^\n]+ "Behind PgBouncer" [^\n]+\.\n$/);
  await strict.stop();
});
