import 'reflect-metadata';
import type { DataSource } from 'typeorm';
import { readEnvironment } from '../config/environment.js';
import { EmbeddedDataSource } from '../database/embedded-data-source.js';
import { openDatabase } from '../database/open-database.js';
import { migrate, requireCurrentSchema } from '../database/schema.js';

/** Where a command prints: its result, and what goes wrong. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
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
