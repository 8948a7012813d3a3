import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { InvalidEnvironment, type Environment } from '../config/environment.js';
import { postgresOptions } from './data-source-options.js';
import { EmbeddedDataSource } from './embedded-data-source.js';
import { DatabaseFolderUnusable } from './embedded-errors.js';

/**
 * Creates the data source for the configured database: a PostgreSQL server, otherwise the embedded database.
 * @param answerTimeout as in {@link postgresOptions}, in milliseconds; absent for operator commands, which may take
 *   long
 * @returns a data source that is not connected yet
 * @throws DatabaseFolderInUse another process has locked the embedded database
 * @throws DatabaseFolderUnusable, EmbeddedDatabaseUnusable the embedded database cannot be opened
 * @throws InvalidEnvironment the driver rejects a URL
 */
export async function openDatabase(environment: Environment, answerTimeout?: number): Promise<DataSource> {
  const { DATABASE_URL: url, DATABASE_REPLICA_URLS: replicas = [] } = environment;
  if (url === undefined) return EmbeddedDataSource.open(environment.DATA_DIR);
  requireValidUrl('DATABASE_URL', url);
  for (const replica of replicas) requireValidUrl('DATABASE_REPLICA_URLS', replica);
  return new DataSource(postgresOptions(url, answerTimeout));
}

/**
 * @returns whether {@link openDatabase} would create an embedded database
 * @throws DatabaseFolderUnusable its folder cannot be read
 */
export function lacksEmbeddedDatabase({ DATABASE_URL, DATA_DIR }: Environment): boolean {
  if (DATABASE_URL !== undefined) return false;
  try {
    return readdirSync(join(DATA_DIR, 'pgdata')).length === 0;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return true;
    throw new DatabaseFolderUnusable(DATA_DIR, code);
  }
}

/** Lets the driver parse the URL and read the files that its parameters name. */
function requireValidUrl(name: string, url: string): void {
  try {
    new pg.Client({ connectionString: url });
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown';
    throw new InvalidEnvironment(`${name} has a parameter that cannot be used (${reason}).`);
  }
}
