import pg from 'pg';
import { DataSource } from 'typeorm';
import { InvalidEnvironment, type Environment } from '../config/environment.js';
import { postgresOptions } from './data-source-options.js';
import { EmbeddedDataSource } from './embedded-data-source.js';

/**
 * Prepares the database that the environment names: a PostgreSQL server, or else the embedded one.
 * @param answerTimeout as in {@link postgresOptions}; the operator's commands wait for as long as it takes
 * @returns a data source that is not connected yet
 * @throws DatabaseFolderInUse another process has the embedded database open
 * @throws InvalidEnvironment the driver does not accept a URL
 */
export async function openDatabase(environment: Environment, answerTimeout?: number): Promise<DataSource> {
  const { DATABASE_URL: url, DATABASE_REPLICA_URLS: replicas = [] } = environment;
  if (url === undefined) return EmbeddedDataSource.open(environment.DATA_DIR);
  requireAccepted('DATABASE_URL', url);
  for (const replica of replicas) requireAccepted('DATABASE_REPLICA_URLS', replica);
  return new DataSource(postgresOptions(url, answerTimeout));
}

/** Has the driver read the parameters of a URL, and the files that they name. */
function requireAccepted(name: string, url: string): void {
  try {
    new pg.Client({ connectionString: url });
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown';
    throw new InvalidEnvironment(`${name} has a parameter that cannot be used (${reason}).`);
  }
}
