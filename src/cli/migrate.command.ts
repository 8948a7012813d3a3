import type { Command } from 'commander';
import { migrate } from '../database/schema.js';
import { onDatabase, print, type Session } from './session.js';

/** Adds `migrate`. */
export function addMigrateCommand(program: Command, session: Session): void {
  program
    .command('migrate')
    .description('Bring the schema of the database up to date. Safe to run repeatedly and concurrently.')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const migrations = await onDatabase(session, migrate);
      const text = migrations.length === 0 ? 'The schema is up to date already.' : `Ran ${migrations.join(', ')}.`;
      print(session, options, { migrations }, text);
    });
}
