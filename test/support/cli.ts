import type { DataSource } from 'typeorm';
import { runCli } from '../../src/cli/run-cli.js';
import { readEnvironment } from '../../src/config/environment.js';
import { openDatabase } from '../../src/database/open-database.js';
import { createTestDatabase, type TestDatabase } from './database.js';

/** The output and exit code of an operator's command. */
export interface Printed {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one of the operator's commands in this process. */
export function run(variables: Record<string, string>, ...args: string[]): Promise<Printed> {
  return runWith('', variables, ...args);
}

/** Runs a command like {@link run}, with `input` on the standard input. */
export async function runWith(input: string, variables: Record<string, string>, ...args: string[]): Promise<Printed> {
  const printed = { out: '', err: '' };
  const code = await runCli(args, variables, {
    out: (text) => (printed.out += text),
    err: (text) => (printed.err += text),
    read: () => Promise.resolve(input),
  });
  return { code, ...printed };
}

/** The operator, on a database that no other process has open. */
export class Operator {
  database!: TestDatabase;

  run(...args: string[]): Promise<Printed> {
    return run(this.database.variables, ...args);
  }

  /** Runs a command that must succeed. @returns its output without the trailing line break */
  async succeed(...args: string[]): Promise<string> {
    const { code, out, err } = await this.run(...args);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    return out.trimEnd();
  }

  /** Runs a command that must fail. @returns the error that it printed */
  async fail(...args: string[]): Promise<string> {
    const { code, out, err } = await this.run(...args);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    return err;
  }

  /** Runs a command that must succeed. @returns its output, parsed as JSON */
  async json<T = Record<string, unknown>>(...args: string[]): Promise<T> {
    return JSON.parse(await this.succeed(...args, '--json')) as T;
  }

  /** Runs `work` on the database between two commands. */
  async look<T>(work: (dataSource: DataSource) => Promise<T>): Promise<T> {
    const dataSource = await (await openDatabase(readEnvironment(this.database.variables))).initialize();
    try {
      return await work(dataSource);
    } finally {
      await dataSource.destroy();
    }
  }
}

/** Gives the tests of a file an operator with a separate database. */
export function useOperator(): Operator {
  const operator = new Operator();
  beforeAll(async () => {
    operator.database = await createTestDatabase();
    await operator.database.dataSource.destroy();
  });
  afterAll(() => operator.database.drop());
  return operator;
}
