import 'reflect-metadata';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { DataSource } from 'typeorm';
import { readEnvironment } from '../config/environment.js';
import { EmbeddedDataSource } from '../database/embedded-data-source.js';
import { NoEmbeddedDatabase } from '../database/embedded-errors.js';
import { lacksEmbeddedDatabase, openDatabase } from '../database/open-database.js';
import { migrate, requireCurrentSchema } from '../database/schema.js';
import { MAX_ID } from '../http/input/coercion.js';

/** Standard streams of a command. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** @returns the complete standard input */
  readonly read: () => Promise<string>;
}

/** Environment of a command. */
export interface Session {
  readonly variables: NodeJS.ProcessEnv;
  readonly terminal: Terminal;
}

/** How {@link onCurrentDatabase} opens the database. */
export interface OpenOptions {
  /** Whether a missing embedded database is created, for commands that make sense on an empty one. */
  readonly mayCreate?: boolean;
}

/** Runs `work` on the database that the environment variables name, then closes it. */
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
 * Runs `work` as {@link onDatabase} does, on an up-to-date schema. Migrates an embedded database first.
 * @throws NoEmbeddedDatabase it is missing, and the command may not create it
 * @throws SchemaIsBehind the database of a server is not up to date
 * @throws TablesAreForbidden
 */
export async function onCurrentDatabase<T>(
  session: Session,
  work: (dataSource: DataSource) => Promise<T>,
  { mayCreate = false }: OpenOptions = {},
): Promise<T> {
  const environment = readEnvironment(session.variables);
  if (lacksEmbeddedDatabase(environment)) {
    if (!mayCreate) throw new NoEmbeddedDatabase(environment.DATA_DIR);
    session.terminal.err(`Creating a database in ${environment.DATA_DIR} …\n`);
  }
  return onDatabase(session, async (dataSource) => {
    if (dataSource instanceof EmbeddedDataSource) await migrate(dataSource);
    else await requireCurrentSchema(dataSource);
    return work(dataSource);
  });
}

/** Prints `data` as JSON for scripts if `json` is set, otherwise `text` for people. */
export function print({ terminal }: Session, { json = false }: { json?: boolean }, data: unknown, text: string): void {
  terminal.out(json ? `${JSON.stringify(data)}\n` : `${text}\n`);
}

/** Control characters, by which a name could move the cursor or imitate another line. */
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/g;

/** @returns a line for people: the fields, separated by tabs, with control characters written as `\u001b` */
export function lineOf(...fields: readonly (string | number)[]): string {
  const escaped = (field: string) =>
    field.replace(CONTROLS, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return fields.map((field) => escaped(String(field))).join('\t');
}

/** Interval of progress lines. */
const PROGRESS_INTERVAL_MS = 2000;

/** @returns a function that prints the progress of a table to standard error, at most every two seconds */
export function progressOf({ terminal }: Session): TableProgress {
  let last = Date.now();
  return (table, rows) => {
    if (Date.now() - last < PROGRESS_INTERVAL_MS) return;
    last = Date.now();
    terminal.err(`${table}: ${String(rows)} rows …\n`);
  };
}

/** Receives a table and the number of its rows that are done. */
export type TableProgress = (table: string, rows: number) => void;

/** Options that pass a password, on the command line or on standard input. */
export interface PasswordOptions {
  readonly password?: string;
  readonly passwordStdin?: boolean;
}

/** @returns the password without its line break; undefined if none is given */
export async function passwordOf(session: Session, options: PasswordOptions): Promise<string | undefined> {
  if (options.passwordStdin !== true) return options.password;
  return (await session.terminal.read()).replace(/\r?\n$/, '');
}

/** Adds `--password` and `--password-stdin`, which exclude each other. */
export function addPasswordOptions(command: Command, description: string): Command {
  return command
    .addOption(new Option('--password <password>', description).conflicts('passwordStdin'))
    .option(
      '--password-stdin',
      'read the password from standard input, so that it does not appear in the list of processes',
    );
}

/** @throws InvalidArgumentError the text is not a whole number from 1 to {@link MAX_ID} */
export function wholeNumber(text: string): number {
  const number = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : Number.NaN;
  if (number <= MAX_ID) return number;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${String(MAX_ID)}.`);
}

/** The slice of a list that a command prints. */
export interface SliceOptions {
  readonly after: number;
  readonly limit: number;
}

/** Adds `--after` and `--limit`. */
export function addSliceOptions(command: Command): Command {
  return command
    .option('--after <id>', 'list only greater ids', (text) => (text === '0' ? 0 : wholeNumber(text)), 0)
    .option('--limit <n>', 'maximum number of lines', wholeNumber, 100);
}

/** @throws Error there is no such command, which is a defect */
export function subcommandsOf(program: Command, name: string): Command {
  const found = program.commands.find((command) => command.name() === name);
  if (found === undefined) throw new Error(`There is no command ${name}.`);
  return found;
}
