import type { Command } from 'commander';
import { onCurrentDatabase, print, progressOf, type Session } from './session.js';
import { exportDatabase } from './transfer/export-database.js';
import type { Counts } from './transfer/format.js';

/** Adds `export`. */
export function addExportCommand(program: Command, session: Session): void {
  program
    .command('export')
    .description(
      'Export all data but webhooks and stored responses to one file, which `import` loads into another database. The file is as secret as the database: it contains the password hashes and the digests of the keys.',
    )
    .requiredOption('--file <path>', 'the file to create: JSON lines, compressed with gzip')
    .option('--json', 'print JSON')
    .action(async ({ file, ...options }: { file: string; json?: boolean }) => {
      const rows = await onCurrentDatabase(session, (dataSource) =>
        exportDatabase(dataSource, file, progressOf(session)),
      );
      print(
        session,
        options,
        { file, rows },
        `${countsText(rows)}\nExported to ${file}; keep it as secret as the database.`,
      );
    });
}

/** @returns one line per table */
export function countsText(rows: Counts): string {
  return Object.entries(rows)
    .map(([table, count]) => `${table}: ${String(count)}`)
    .join('\n');
}
