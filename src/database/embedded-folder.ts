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

/** The rights of others, which nobody has: the files hold hashes of passwords, the WAL included. */
const OTHERS = 0o077;
/** Set on a folder that many use, such as `/tmp`, which stays as it is. */
const STICKY = 0o1000;

/** The folder of the embedded database, which this process has for itself. */
export class EmbeddedFolder {
  private constructor(
    private readonly folder: string,
    private readonly lock: number,
  ) {}

  /**
   * Makes the folder if there is none, takes the one right to open the database in it, which two openers
   * would destroy, and restricts it and all that is in it to its owner. The lock is the kernel's: it ends
   * with the process, however that ends, so none is ever stale.
   * @throws DatabaseFolderInUse another process holds it
   * @throws DatabaseFolderUnusable
   */
  static take(folder: string): EmbeddedFolder {
    process.umask(OTHERS);
    return orUnusable(folder, () => {
      makeFolder(resolve(folder));
      const lock = openSync(join(folder, 'lock'), 'a');
      const taken = new EmbeddedFolder(folder, lock);
      if (!tryLock(lock)) {
        taken.release();
        throw new DatabaseFolderInUse(folder);
      }
      try {
        taken.restrict();
      } catch (error) {
        taken.release();
        throw error;
      }
      return taken;
    });
  }

  /** Where PostgreSQL keeps its files. */
  get data(): string {
    return join(this.folder, 'pgdata');
  }

  /**
   * Creates the database unless there is one, in another folder that is renamed when it is complete: what the
   * end of the process cut short is never taken for a database, and is created again.
   * @throws EmbeddedPostgresEnded there is one already, but not the whole of it, or PostgreSQL cannot create one
   */
  async create(): Promise<void> {
    const unfinished = join(this.folder, 'pgdata.unfinished');
    const clear = () => {
      rmSync(unfinished, { recursive: true, force: true });
    };
    orUnusable(this.folder, clear);
    if (this.hasDatabase()) return;
    try {
      await this.runCreation(unfinished);
      renameSync(unfinished, this.data);
    } catch (error) {
      clear();
      throw error;
    }
  }

  /** The process that creates the database shares the lock, so that no other one opens the folder before it has ended. */
  private async runCreation(folder: string): Promise<void> {
    const creation = spawn(process.execPath, [CREATE_EMBEDDED, folder], {
      stdio: ['pipe', 'pipe', 'ignore', this.lock],
    });
    let reason = '';
    creation.stdout?.on('data', (text: Buffer) => (reason += text.toString()));
    const [code] = (await once(creation, 'close')) as [number | null];
    if (code !== 0) throw new EmbeddedPostgresEnded(reason || 'no reason is known');
  }

  /** Gives the folder back. */
  release(): void {
    closeSync(this.lock);
  }

  /** An empty folder, as one makes that prepares a volume, is no database yet. Without its version PGlite would write over what is there. */
  private hasDatabase(): boolean {
    const names = orUnusable(this.folder, () => (existsSync(this.data) ? readdirSync(this.data) : []));
    if (names.length > 0 && !names.includes('PG_VERSION')) throw new EmbeddedPostgresEnded('PG_VERSION is missing');
    return names.length > 0;
  }

  /** Restricts the folder and all that is in it to its owner: PGlite's runtime pays no heed to the umask. */
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
  if ((mode & OTHERS) !== 0) chmodSync(path, mode & 0o700);
}

/** Node's own `recursive` never ends where the kernel says of an existing folder that it does not exist, as in `/proc`. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder);
}

/** @throws DatabaseFolderUnusable what `work` does with the file system is refused */
function orUnusable<T>(folder: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === undefined ? error : new DatabaseFolderUnusable(folder, code);
  }
}
