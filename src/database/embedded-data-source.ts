import type { PGlite } from '@electric-sql/pglite';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { embeddedOptions } from './data-source-options.js';

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
    const pglite = await PGlite.create(join(folder, 'pgdata'));
    return new EmbeddedDataSource(pglite, createPgConfig(pglite), unlock);
  }

  /** Closes the files as well, and gives the folder back. */
  override async destroy(): Promise<void> {
    if (this.isInitialized) await super.destroy();
    if (!this.pglite.closed) await this.pglite.close();
    this.unlock();
  }
}
