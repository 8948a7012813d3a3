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

/** This process cannot use the folder of the embedded database. */
export class DatabaseFolderUnusable extends OperatorError {
  constructor(folder: string, code: string) {
    super(
      code === 'ENOSPC' || code === 'EDQUOT'
        ? diskIsFull(folder)
        : `DATA_DIR must be a folder that this process may write to; ${folder} is not (${code}). Run the service as the owner of the folder and its files, or set DATA_DIR to another folder.`,
    );
  }
}

/** The folder contains no embedded database, and the command needs one. */
export class NoEmbeddedDatabase extends OperatorError {
  constructor(folder: string) {
    super(
      `There is no embedded database in DATA_DIR (${folder}); set DATA_DIR to the folder of one, or DATABASE_URL to a PostgreSQL server.`,
    );
  }
}

/** The embedded database has terminated or cannot be opened. */
export class EmbeddedDatabaseUnusable extends OperatorError {
  constructor(folder: string, reason: string) {
    super(sentenceOf(folder, reason));
  }
}

function sentenceOf(folder: string, reason: string): string {
  if (/No space left|Quota exceeded|File too large/.test(reason)) return diskIsFull(folder);
  const [, made, ours] = /version (\d+), which is not compatible with this version (\d+)/.exec(reason) ?? [];
  if (made !== undefined) {
    return `The embedded database in DATA_DIR (${folder}) was created by PostgreSQL ${made}, but this version of the service needs PostgreSQL ${String(ours)}; run \`export\` with the version of the service that created it, then \`import\` with this one into another DATA_DIR.`;
  }
  if (/Permission denied|Read-only file system/.test(reason)) {
    return `The embedded database in DATA_DIR (${folder}) cannot be written to (${reason}); run the service as the owner of the folder and its files, on a writable disk.`;
  }
  return `The embedded database in DATA_DIR (${folder}) is damaged or incomplete (${reason}); restore a complete copy of the folder, or set DATA_DIR to an empty folder and \`import\` an export.`;
}

function diskIsFull(folder: string): string {
  return `The disk of DATA_DIR (${folder}) has no room left for the embedded database; no acknowledged change is lost: make room, or raise the quota or limit, and start the service again.`;
}

/** SQLSTATEs of files that are missing, truncated, damaged or unreadable. */
const DAMAGE = /^(58|XX)/;

/**
 * @param folder of the embedded database
 * @returns the error for the operator if the disk or the files caused `error`, otherwise `error` itself
 */
export function operatorErrorOf(folder: string, error: unknown): unknown {
  if (error instanceof EmbeddedPostgresEnded) return new EmbeddedDatabaseUnusable(folder, error.reason);
  const { code, message } = databaseFailureOf(error);
  if (code === '53100') return new EmbeddedDatabaseUnusable(folder, 'No space left on device');
  return code !== undefined && DAMAGE.test(code) ? new EmbeddedDatabaseUnusable(folder, message) : error;
}
