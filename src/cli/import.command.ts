import type { Command } from 'commander';
import { countsText } from './export.command.js';
import { onCurrentDatabase, print, progressOf, type Session } from './session.js';
import { requireReadableFile } from './transfer/lines-file.js';
import { importDatabase } from './transfer/import-database.js';

/** Adds `import`. */
export function addImportCommand(program: Command, session: Session): void {
  program
    .command('import')
    .description(
      'Import the file of an `export` into a new database. Ids, keys and passwords stay the same. Either all data is stored or none. The file is as secret as the database.',
    )
    .requiredOption('--file <path>', 'the file to import')
    .option('--json', 'print JSON')
    .action(async ({ file, ...options }: { file: string; json?: boolean }) => {
      // Opening an embedded database takes seconds, and may create one.
      await requireReadableFile(file);
      const rows = await onCurrentDatabase(
        session,
        (dataSource) => importDatabase(dataSource, file, progressOf(session)),
        { mayCreate: true },
      );
      print(session, options, { file, rows }, `${countsText(rows)}\nImported from ${file}.`);
    });
}
