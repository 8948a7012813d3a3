import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { tryLock } from 'fs-native-extensions';
import { DatabaseFolderInUse, DatabaseFolderUnusable } from './embedded-errors.js';
import { EmbeddedPostgresEnded } from './embedded-postgres.js';

/** The built program of `create-embedded.ts`. */
const CREATE_EMBEDDED = createRequire(import.meta.url).resolve('#create-embedded');

/** Permission bits of group and others, cleared because the files (including the WAL) contain password hashes. */
const NOT_OWNER = 0o077;
/** The sticky bit marks a shared folder such as `/tmp`, whose mode is left alone. */
const STICKY = 0o1000;

/** The folder of the embedded database, locked by this process. */
export class EmbeddedFolder {
  private constructor(
    private readonly folder: string,
    private readonly lock: number,
  ) {}

  /**
   * Creates the folder if necessary, locks it, because two processes would corrupt the database, and restricts it to
   * its owner. The kernel releases the lock when the process ends, so no lock is ever stale.
   * @throws DatabaseFolderInUse another process has locked it
   * @throws DatabaseFolderUnusable
   */
  static take(folder: string): EmbeddedFolder {
    process.umask(NOT_OWNER);
    return checkUsable(folder, () => {
      createFolder(resolve(folder));
      const lock = openSync(join(folder, 'lock'), 'a');
      const locked = new EmbeddedFolder(folder, lock);
      if (!tryLock(lock)) {
        locked.release();
        throw new DatabaseFolderInUse(folder);
      }
      try {
        locked.restrict();
      } catch (error) {
        locked.release();
        throw error;
      }
      return locked;
    });
  }

  /** The data directory of PostgreSQL. */
  get data(): string {
    return join(this.folder, 'pgdata');
  }

  /**
   * Creates the database if there is none, in another folder that is renamed when it is complete. A creation
   * that was interrupted is never mistaken for a database, and starts again.
   * @throws EmbeddedPostgresEnded if the database is incomplete, or PostgreSQL cannot create one
   */
  async create(): Promise<void> {
    const unfinished = join(this.folder, 'pgdata.unfinished');
    const clear = () => {
      rmSync(unfinished, { recursive: true, force: true });
    };
    checkUsable(this.folder, clear);
    if (this.hasDatabase()) return;
    try {
      await this.runCreation(unfinished);
      renameSync(unfinished, this.data);
    } catch (error) {
      clear();
      throw error;
    }
  }

  /**
   * The child process inherits the lock, so that no other process opens the folder before it has ended. It is a
   * Node process without the options of this one.
   * @throws EmbeddedPostgresEnded
   */
  private async runCreation(folder: string): Promise<void> {
    const child = spawn(process.execPath, [CREATE_EMBEDDED, folder], { stdio: ['pipe', 'pipe', 'ignore', this.lock] });
    const closed = once(child, 'close');
    const printed = new Promise<string>((resolve) =>
      child.stdout?.once('data', (text: Buffer) => {
        resolve(text.toString());
      }),
    );
    const result = await Promise.race([printed, closed.then(() => 'the process that creates it has ended')]);
    child.stdin?.end();
    await closed;
    if (result !== 'created') throw new EmbeddedPostgresEnded(result);
  }

  /** Gives the folder back. */
  release(): void {
    closeSync(this.lock);
  }

  /**
   * An empty folder, such as a prepared volume, is not a database yet. Without this check PGlite would overwrite files.
   */
  private hasDatabase(): boolean {
    const names = checkUsable(this.folder, () => (existsSync(this.data) ? readdirSync(this.data) : []));
    if (names.length > 0 && !names.includes('PG_VERSION')) throw new EmbeddedPostgresEnded('PG_VERSION is missing');
    return names.length > 0;
  }

  /** Restricts the folder and its contents to the owner, because PGlite's runtime ignores the umask. */
  restrict(): void {
    if ((lstatSync(this.folder).mode & STICKY) === 0) restrict(this.folder);
    restrict(join(this.folder, 'lock'));
    if (existsSync(this.data)) restrictAll(this.data);
  }
}

function restrictAll(folder: string): void {
  restrict(folder);
  for (const inside of readdirSync(folder, { recursive: true, encoding: 'utf8' })) restrict(join(folder, inside));
}

function restrict(path: string): void {
  const { mode } = statSync(path);
  if ((mode & NOT_OWNER) !== 0) chmodSync(path, mode & 0o700);
}

/** Node's `recursive` option loops forever if the kernel reports ENOENT for an existing folder, as in `/proc`. */
function createFolder(folder: string): void {
  if (existsSync(folder)) return;
  createFolder(dirname(folder));
  mkdirSync(folder);
}

/** @throws DatabaseFolderUnusable the file system rejects `work` */
function checkUsable<T>(folder: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === undefined ? error : new DatabaseFolderUnusable(folder, code);
  }
}
