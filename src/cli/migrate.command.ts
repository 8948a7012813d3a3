import type { Command } from 'commander';
import { migrate } from '../database/schema.js';
import { onDatabase, print, type Session } from './session.js';

/** Adds `migrate`. */
export function addMigrateCommand(program: Command, session: Session): void {
  program
    .command('migrate')
    .description('Brings the schema of the database up to date; safe to run twice, and from two places at once.')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const migrations = await onDatabase(session, migrate);
      const text = migrations.length === 0 ? 'The schema is up to date already.' : `Ran ${migrations.join(', ')}.`;
      print(session, options, { migrations }, text);
    });
}
