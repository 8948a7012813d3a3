import { DataSource } from 'typeorm';
import { readEnvironment } from '../../src/config/environment.js';
import { postgresOptions } from '../../src/database/data-source-options.js';
import { migrate, requireCurrentSchema, SchemaIsBehind } from '../../src/database/schema.js';
import { startServer } from '../../src/server/start-server.js';
import { sentenceOf } from '../../src/server/start-failure.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { schemaOf } from '../support/schema-of.js';
import { isServer } from '../support/server.js';

const testOnServer = isServer ? test : test.skip;

let database: TestDatabase;
let dataSource: DataSource;
beforeEach(async () => {
  database = await createTestDatabase();
  dataSource = database.dataSource;
});
afterEach(() => database.drop());

/** @returns the names of the tables, apart from the table of migrations */
async function tables(): Promise<string[]> {
  const rows = await dataSource.query<{ name: string }[]>(
    `SELECT table_name AS name FROM information_schema.tables
     WHERE table_schema = 'public' AND table_name <> 'migration' ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

/** @returns the statements that would bring the schema in line with the entities */
async function differences(): Promise<string[]> {
  const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
  return upQueries.map(({ query }) => query);
}

/** @param transaction as in TypeORM's `migration:revert --transaction` */
async function undoAll(transaction: 'all' | 'none' = 'all'): Promise<void> {
  for (const _ of dataSource.migrations) await dataSource.undoLastMigration({ transaction });
}

describe('the migrations', () => {
  test('the migrations create the schema that the entities describe', async () => {
    expect(await differences()).toEqual([]);
  });

  test.each([
    ['in a transaction each', 'all'],
    ['without transactions', 'none'],
  ] as const)(
    'the migrations run up, down %s, and up again, which leads to the same schema',
    async (_, transaction) => {
      const schema = await schemaOf(dataSource);
      const names = dataSource.migrations.map(({ name }) => name);
      const before = await tables();
      expect(before).toEqual(expect.arrayContaining(['api_token', 'hospital', 'medic', 'membership']));
      await undoAll(transaction);
      expect(await tables()).toEqual([]);
      expect(await migrate(dataSource)).toEqual(names);
      expect([await tables(), await differences()]).toEqual([before, []]);
      expect(await schemaOf(dataSource)).toEqual(schema);
    },
  );

  test('every migration runs once', async () => {
    expect(await migrate(dataSource)).toEqual([]);
    expect(await migrate(dataSource)).toEqual([]);
    await expect(requireCurrentSchema(dataSource)).resolves.toBeUndefined();
  });

  test('the schema changes only through migrations', () => {
    const { synchronize, dropSchema, migrationsRun } = dataSource.options;
    expect([synchronize ?? false, dropSchema ?? false, migrationsRun ?? false]).toEqual([false, false, false]);
  });

  testOnServer('run once, from however many places at once', async () => {
    await undoAll();
    const url = database.variables['DATABASE_URL'] ?? '';
    const others = await Promise.all([1, 2, 3].map(() => new DataSource(postgresOptions(url)).initialize()));
    const ran = await Promise.all([dataSource, ...others].map((place) => migrate(place)));
    await Promise.all(others.map((other) => other.destroy()));
    const names = dataSource.migrations.map(({ name }) => name);
    expect(ran.filter((list) => list.length > 0)).toEqual([names]);
    expect(await differences()).toEqual([]);
  });

  testOnServer('are left to the operator: the server does not start on a schema that is behind', async () => {
    await undoAll();
    const environment = readEnvironment({ ...database.variables, PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'silent' });
    const failure: unknown = await startServer(environment, () => undefined).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SchemaIsBehind);
    expect(sentenceOf(failure)).toBe(
      'The schema of the database is behind this version of the service; run `npm run cli -- migrate` first.',
    );
    expect(await tables()).toEqual([]);
  });
});
