import type { DataSource } from 'typeorm';
import { runCli } from '../../src/cli/run-cli.js';
import { readEnvironment } from '../../src/config/environment.js';
import { openDatabase } from '../../src/database/open-database.js';
import { createTestDatabase, type TestDatabase } from './database.js';

/** What a command of the operator printed, and its exit code. */
export interface Printed {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one command of the operator in this process. */
export function run(variables: Record<string, string>, ...args: string[]): Promise<Printed> {
  return runWith('', variables, ...args);
}

/** As {@link run}, with this text on the standard input. */
export async function runWith(input: string, variables: Record<string, string>, ...args: string[]): Promise<Printed> {
  const printed = { out: '', err: '' };
  const code = await runCli(args, variables, {
    out: (text) => (printed.out += text),
    err: (text) => (printed.err += text),
    read: () => Promise.resolve(input),
  });
  return { code, ...printed };
}

/** The operator, on a database that nobody else has open. */
export class Operator {
  database!: TestDatabase;

  run(...args: string[]): Promise<Printed> {
    return run(this.database.variables, ...args);
  }

  /** Runs a command that must succeed. @returns what it printed, without the line's end */
  async succeed(...args: string[]): Promise<string> {
    const { code, out, err } = await this.run(...args);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    return out.trimEnd();
  }

  /** Runs a command that must fail. @returns what it printed as the error */
  async fail(...args: string[]): Promise<string> {
    const { code, out, err } = await this.run(...args);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    return err;
  }

  /** Runs a command that must succeed. @returns the JSON that it printed */
  async json<T = Record<string, unknown>>(...args: string[]): Promise<T> {
    return JSON.parse(await this.succeed(...args, '--json')) as T;
  }

  /** Does `work` on the database between two commands. */
  async look<T>(work: (dataSource: DataSource) => Promise<T>): Promise<T> {
    const dataSource = await (await openDatabase(readEnvironment(this.database.variables))).initialize();
    try {
      return await work(dataSource);
    } finally {
      await dataSource.destroy();
    }
  }
}

/** Gives the tests of a file an operator, on a database of the file's own. */
export function useOperator(): Operator {
  const operator = new Operator();
  beforeAll(async () => {
    operator.database = await createTestDatabase();
    await operator.database.dataSource.destroy();
  });
  afterAll(() => operator.database.drop());
  return operator;
}
