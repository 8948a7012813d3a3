import { databaseFailureOf } from './database-errors.js';
import { OperatorError } from '../common/errors.js';
import { EmbeddedPostgresEnded } from './embedded-postgres.js';

/** Another process has the embedded database open. */
export class DatabaseFolderInUse extends OperatorError {
  constructor(folder: string) {
    super(
      `The embedded database in ${folder} is in use by another process; stop that process, or set DATA_DIR to another folder.`,
    );
  }
}

/** The folder of the embedded database cannot be used by this process. */
export class DatabaseFolderUnusable extends OperatorError {
  constructor(folder: string, code: string) {
    super(
      code === 'ENOSPC' || code === 'EDQUOT'
        ? diskIsFull(folder)
        : `DATA_DIR must be a folder that this process may write to; ${folder} is not (${code}). Run the service as the owner of the folder and all that is in it, or set DATA_DIR to another one.`,
    );
  }
}

/** The embedded database has ended itself, or cannot be opened. */
export class EmbeddedDatabaseUnusable extends OperatorError {
  constructor(folder: string, reason: string) {
    super(sentenceOf(folder, reason));
  }
}

function sentenceOf(folder: string, reason: string): string {
  if (/No space left|Quota exceeded|File too large/.test(reason)) return diskIsFull(folder);
  const [, made, ours] = /version (\d+), which is not compatible with this version (\d+)/.exec(reason) ?? [];
  if (made !== undefined) {
    return `The embedded database in DATA_DIR (${folder}) is one of PostgreSQL ${made}, and this version of the service opens PostgreSQL ${String(ours)}; run \`export\` with the version of the service that made it, and \`import\` with this one into another DATA_DIR.`;
  }
  if (/Permission denied|Read-only file system/.test(reason)) {
    return `The embedded database in DATA_DIR (${folder}) cannot be written to (${reason}); run the service as the owner of all that is in the folder, on a disk that can be written to.`;
  }
  return `The embedded database in DATA_DIR (${folder}) is damaged or incomplete (${reason}); put a whole copy of the folder in its place, or set DATA_DIR to an empty folder and \`import\` an export.`;
}

function diskIsFull(folder: string): string {
  return `The disk of DATA_DIR (${folder}) has no room left for the embedded database; nothing that was acknowledged is lost: make room, or raise the quota or limit, and start the service again.`;
}

/** What PostgreSQL says of a file that is missing, cut off, damaged or cannot be read. */
const DAMAGE = /^(58|XX)/;

/** @returns an error of a statement as the operator is told it, if it is one of the disk or of the files below `folder` */
export function operatorErrorOf(folder: string, error: unknown): unknown {
  if (error instanceof EmbeddedPostgresEnded) return new EmbeddedDatabaseUnusable(folder, error.reason);
  const { code, message } = databaseFailureOf(error);
  if (code === '53100') return new EmbeddedDatabaseUnusable(folder, 'No space left on device');
  return code !== undefined && DAMAGE.test(code) ? new EmbeddedDatabaseUnusable(folder, message) : error;
}
