import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { tryLock } from 'fs-native-extensions';
import { OperatorError } from '../common/operator-error.js';

/** Another process has the embedded database open. */
export class DatabaseFolderInUse extends OperatorError {
  constructor(folder: string) {
    super(
      `The embedded database in ${folder} is in use by another process; stop that process, or set DATA_DIR to another folder.`,
    );
  }
}

/** The folder of the embedded database cannot be written to. */
export class DatabaseFolderUnusable extends OperatorError {
  constructor(folder: string, code: string) {
    super(`DATA_DIR must be a folder that this process may write to; ${folder} is not (${code}).`);
  }
}

/**
 * Takes the one right to open the embedded database in a folder, which two openers would destroy. The
 * lock is the kernel's: it ends with the process, however that ends, so none is ever stale.
 * @returns a function that gives the lock back
 * @throws DatabaseFolderInUse another process holds it
 * @throws DatabaseFolderUnusable
 */
export function lockFolder(folder: string): () => void {
  const file = openLock(folder);
  if (!tryLock(file)) {
    closeSync(file);
    throw new DatabaseFolderInUse(folder);
  }
  return () => {
    closeSync(file);
  };
}

/** Node's own `recursive` never ends where the kernel says of an existing folder that it does not exist, as in `/proc`. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder);
}

function openLock(folder: string): number {
  try {
    makeFolder(resolve(folder));
    return openSync(join(folder, 'lock'), 'a');
  } catch (error) {
    throw new DatabaseFolderUnusable(folder, (error as NodeJS.ErrnoException).code ?? 'unknown');
  }
}
