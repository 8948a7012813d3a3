import { DataSource } from 'typeorm';
import type { Environment } from '../config/environment.js';
import { postgresOptions } from './data-source-options.js';
import { EmbeddedDataSource } from './embedded-data-source.js';

/**
 * Prepares the database that the environment names: a PostgreSQL server, or else the embedded one.
 * @param answerTimeout as in {@link postgresOptions}; the operator's commands wait for as long as it takes
 * @returns a data source that is not connected yet
 * @throws DatabaseFolderInUse another process has the embedded database open
 */
export async function openDatabase(environment: Environment, answerTimeout?: number): Promise<DataSource> {
  return environment.DATABASE_URL === undefined
    ? EmbeddedDataSource.open(environment.DATA_DIR)
    : new DataSource(postgresOptions(environment.DATABASE_URL, answerTimeout));
}
