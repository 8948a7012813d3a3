import type { Command } from 'commander';
import { countsText } from './export.command.js';
import { onCurrentDatabase, print, progressOf, type Session } from './session.js';
import { importDatabase } from './transfer/import-database.js';

/** Adds `import`. */
export function addImportCommand(program: Command, session: Session): void {
  program
    .command('import')
    .description(
      'Fills a new database with all data of a file that `export` wrote: ids, keys and passwords stay as they are. All of it is stored, or nothing. The file is as secret as the database.',
    )
    .requiredOption('--file <path>', 'the file')
    .option('--json', 'print JSON')
    .action(async ({ file, ...options }: { file: string; json?: boolean }) => {
      const rows = await onCurrentDatabase(session, (dataSource) =>
        importDatabase(dataSource, file, progressOf(session)),
      );
      print(session, options, { file, rows }, `${countsText(rows)}\nImported from ${file}.`);
    });
}
