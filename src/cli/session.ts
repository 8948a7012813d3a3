import 'reflect-metadata';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { DataSource } from 'typeorm';
import { readEnvironment } from '../config/environment.js';
import { EmbeddedDataSource } from '../database/embedded-data-source.js';
import { openDatabase } from '../database/open-database.js';
import { migrate, requireCurrentSchema } from '../database/schema.js';

/** Where a command prints: its result, and what goes wrong. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** @returns everything that is piped into the command */
  readonly read: () => Promise<string>;
}

/** What a command runs with. */
export interface Session {
  readonly variables: NodeJS.ProcessEnv;
  readonly terminal: Terminal;
}

/** Does `work` on the database that the environment names, and closes it. */
export async function onDatabase<T>(session: Session, work: (dataSource: DataSource) => Promise<T>): Promise<T> {
  const dataSource = await openDatabase(readEnvironment(session.variables));
  try {
    await dataSource.initialize();
    return await work(dataSource);
  } catch (error) {
    throw dataSource instanceof EmbeddedDataSource ? dataSource.operatorErrorOf(error) : error;
  } finally {
    if (dataSource.isInitialized || dataSource instanceof EmbeddedDataSource) await dataSource.destroy();
  }
}

/**
 * As {@link onDatabase}, on a schema that is up to date: an embedded database is brought there.
 * @throws SchemaIsBehind a server's database is not
 */
export function onCurrentDatabase<T>(session: Session, work: (dataSource: DataSource) => Promise<T>): Promise<T> {
  return onDatabase(session, async (dataSource) => {
    if (dataSource instanceof EmbeddedDataSource) await migrate(dataSource);
    else await requireCurrentSchema(dataSource);
    return work(dataSource);
  });
}

/** Prints `data` for a script where `json` is set, and else the text for a person. */
export function print({ terminal }: Session, { json = false }: { json?: boolean }, data: unknown, text: string): void {
  terminal.out(json ? `${JSON.stringify(data)}\n` : `${text}\n`);
}

/** How often a command that takes long says how far it is. */
const PROGRESS_EVERY_MS = 2000;

/** @returns what prints how many rows of a table are done, every two seconds at most, beside the result */
export function progressOf({ terminal }: Session): Progress {
  let last = Date.now();
  return (table, rows) => {
    if (Date.now() - last < PROGRESS_EVERY_MS) return;
    last = Date.now();
    terminal.err(`${table}: ${String(rows)} rows …\n`);
  };
}

/** Gets the name of a table and how many of its rows are done. */
export type Progress = (table: string, rows: number) => void;

/** The options that name a password, on the command line or on the standard input. */
export interface PasswordOptions {
  readonly password?: string;
  readonly passwordStdin?: boolean;
}

/** @returns the password that a command is given, without the end of its line; undefined without one */
export async function passwordOf(session: Session, options: PasswordOptions): Promise<string | undefined> {
  if (options.passwordStdin !== true) return options.password;
  return (await session.terminal.read()).replace(/\r?\n$/, '');
}

/** Adds `--password` and `--password-stdin`, one of which may be given. */
export function addPasswordOptions(command: Command, description: string): Command {
  return command
    .addOption(new Option('--password <password>', description).conflicts('passwordStdin'))
    .option('--password-stdin', 'read the password from the standard input, which no list of processes shows');
}

/** @returns the whole number that an option has. @throws InvalidArgumentError it has none of at least 1 */
export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of at least 1.');
  return Number(text);
}

/** Which part of a list a command prints. */
export interface SliceOptions {
  readonly after: number;
  readonly limit: number;
}

/** Adds `--after` and `--limit`. */
export function addSliceOptions(command: Command): Command {
  return command
    .option('--after <id>', 'only those with a greater id', (text) => (text === '0' ? 0 : wholeNumber(text)), 0)
    .option('--limit <n>', 'how many at most', wholeNumber, 100);
}

/** @returns the command that has the subcommands of this name. @throws Error there is none: a defect */
export function subcommandsOf(program: Command, name: string): Command {
  const found = program.commands.find((command) => command.name() === name);
  if (found === undefined) throw new Error(`There is no command ${name}.`);
  return found;
}
