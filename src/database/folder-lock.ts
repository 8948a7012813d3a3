import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
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

/**
 * Takes the one right to open the embedded database in a folder, which two openers would destroy. The
 * lock is the kernel's: it ends with the process, however that ends, so none is ever stale.
 * @returns a function that gives the lock back
 * @throws DatabaseFolderInUse another process holds it
 */
export function lockFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true });
  const file = openSync(join(folder, 'lock'), 'a');
  if (!tryLock(file)) {
    closeSync(file);
    throw new DatabaseFolderInUse(folder);
  }
  return () => {
    closeSync(file);
  };
}
