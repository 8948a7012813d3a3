import type { Client } from '../support/client.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { Given } from '../support/given.js';
import { useProcesses, type ServerProcess } from '../support/process.js';
import { isServer } from '../support/server.js';

/** A database on the PostgreSQL server, and processes of the built program that use it. */
export class Scratch {
  database!: TestDatabase;
  /** Stores rows; its actors have keys but send nothing by themselves. */
  given!: Given;

  constructor(private readonly start: (variables: Record<string, string>) => ServerProcess) {}

  /** Uses a migrated database that exists already, at `url`. */
  adopt(dataSource: TestDatabase['dataSource'], url: string): void {
    this.database = {
      dataSource,
      variables: { DATABASE_URL: url },
      connect: () => Promise.reject(new Error('Tests of this database need no other connection.')),
      drop: () => dataSource.destroy(),
    };
    this.given = givenOn(dataSource);
  }

  /**
   * @param variables settings other than the database
   * @returns the program, started without a rate limit unless `variables` sets one
   */
  process(workers = 1, variables: Record<string, string> = {}): ServerProcess {
    const settings = { RATE_LIMIT: '0', WEB_CONCURRENCY: String(workers), ...variables };
    return this.start({ ...this.database.variables, ...settings });
  }

  async query<T = Record<string, unknown>>(sql: string, parameters: unknown[] = []): Promise<T[]> {
    return this.database.dataSource.query<T[]>(sql, parameters);
  }
}

/** Gives each test of a file a {@link Scratch}, and kills its processes after the test. */
export function useScratch(): Scratch {
  const scratch = new Scratch(useProcesses());
  beforeAll(requireServer);
  beforeEach(async () => {
    scratch.database = await createTestDatabase();
    scratch.given = givenOn(scratch.database.dataSource);
  });
  afterEach(() => scratch.database.drop());
  return scratch;
}

/** @returns a helper that stores rows in a database; its actors have keys but no client */
export function givenOn(dataSource: TestDatabase['dataSource']): Given {
  return new Given(dataSource, undefined as unknown as Client);
}

/** @throws Error there is no PostgreSQL server */
export function requireServer(): void {
  if (!isServer) throw new Error('Set TEST_DATABASE_URL: these tests need a PostgreSQL server.');
}
