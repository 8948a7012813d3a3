import type { PGlite } from '@electric-sql/pglite';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DataSource } from 'typeorm';
import { embeddedOptions } from './data-source-options.js';

/**
 * PostgreSQL's own default is 128 MB, all of it resident from the start because it lies in the memory of this
 * process. The pages are in the cache of the operating system as well.
 */
const SHARED_BUFFERS = '16MB';

/** Creating a database leaves 400 MB behind that V8 sees no need to free: they are not on its heap. */
async function collectGarbage(): Promise<void> {
  // The functions that created it are still running.
  await setImmediate();
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

/** PostgreSQL in this process, kept in a folder that no other process may open meanwhile. */
export class EmbeddedDataSource extends DataSource {
  /**
   * @param connection what PGlite's adapter makes of `pglite` for `pg`
   * @param unlock called when the database is closed
   */
  constructor(
    private readonly pglite: PGlite,
    connection: object,
    private readonly unlock: () => void,
  ) {
    super(embeddedOptions(connection));
  }

  /** @throws DatabaseFolderInUse another process has it open */
  static async open(folder: string): Promise<EmbeddedDataSource> {
    const { lockFolder } = await import('./folder-lock.js');
    const unlock = lockFolder(folder);
    const { PGlite } = await import('@electric-sql/pglite');
    const { createPgConfig } = await import('@electric-sql/pglite/node-postgres');
    const path = join(folder, 'pgdata');
    const isNew = !existsSync(join(path, 'PG_VERSION'));
    const pglite = await PGlite.create(path, {
      startParams: [...PGlite.defaultStartParams, '-c', `shared_buffers=${SHARED_BUFFERS}`],
    });
    if (isNew) await collectGarbage();
    return new EmbeddedDataSource(pglite, createPgConfig(pglite), unlock);
  }

  /** Closes the files as well, and gives the folder back. */
  override async destroy(): Promise<void> {
    if (this.isInitialized) await super.destroy();
    if (!this.pglite.closed) await this.pglite.close();
    this.unlock();
  }
}
