import { DataSource } from 'typeorm';
import { postgresOptions } from '../../src/database/data-source-options.js';
import { Initial1767225600000 } from '../../src/database/migrations/1767225600000-initial.js';
import { FoldedEmails1767398400000 } from '../../src/database/migrations/1767398400000-folded-emails.js';
import { SpecialtyVerified1767398400001 } from '../../src/database/migrations/1767398400001-specialty-verified.js';
import type { TestDatabase } from './database.js';

/** Gives a database on a server, which loses its rows, the schema of version 1.1.0. */
export async function restorePreviousSchema({ dataSource, variables }: TestDatabase): Promise<void> {
  for (const _ of dataSource.migrations) await dataSource.undoLastMigration();
  const previous = new DataSource({
    ...postgresOptions(variables['DATABASE_URL'] ?? ''),
    migrations: [Initial1767225600000, FoldedEmails1767398400000, SpecialtyVerified1767398400001],
  });
  await previous.initialize();
  await previous.runMigrations();
  await previous.destroy();
}
