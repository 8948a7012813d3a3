import { Worker } from 'node:worker_threads';
import { DataSource } from 'typeorm';
import { embeddedOptions } from './data-source-options.js';
import { operatorErrorOf } from './embedded-errors.js';
import type { EmbeddedFolder } from './embedded-folder.js';
import type { EmbeddedPostgres } from './embedded-postgres.js';
import type { Watched } from './statement-watchdog.js';

/** PostgreSQL in this process, kept in a folder that no other process may open meanwhile. */
export class EmbeddedDataSource extends DataSource {
  /**
   * @param path the folder's
   * @param connection what PGlite's adapter makes of `postgres` for `pg`
   */
  private constructor(
    private readonly path: string,
    private readonly folder: EmbeddedFolder,
    private readonly postgres: EmbeddedPostgres,
    connection: object,
  ) {
    super(embeddedOptions(connection));
  }

  /**
   * Takes the folder at `path`, and opens the database there, which is created if there is none.
   * @throws DatabaseFolderInUse another process has it open
   * @throws DatabaseFolderUnusable this process may not use the folder
   * @throws EmbeddedDatabaseUnusable PostgreSQL cannot open what is there, or has no room
   */
  static async open(path: string): Promise<EmbeddedDataSource> {
    const { EmbeddedFolder } = await import('./embedded-folder.js');
    const { EmbeddedPostgres } = await import('./embedded-postgres.js');
    const { createPgConfig } = await import('@electric-sql/pglite/node-postgres');
    const folder = EmbeddedFolder.take(path);
    try {
      await folder.create();
      const postgres = await EmbeddedPostgres.open(folder.data);
      folder.restrict();
      return new EmbeddedDataSource(path, folder, postgres, createPgConfig(postgres.pglite));
    } catch (error) {
      folder.release();
      throw operatorErrorOf(path, error);
    }
  }

  /** @returns an error of this database as the operator is told it */
  operatorErrorOf(error: unknown): unknown {
    return operatorErrorOf(this.path, this.postgres.failure ?? error);
  }

  /**
   * Ends the process when a statement never returns, of which nothing else in it can take notice.
   * @param onEnd called once PostgreSQL has ended itself, with what the operator is told
   * @param longest how much processor time of the process one statement may take, in seconds. A server ends a
   *   statement after ten; here none can be ended but with the process. It is not the time of a clock, which
   *   passes on a busy or suspended machine as well.
   */
  watch(onEnd: (error: unknown) => void, longest = 60): void {
    const workerData: Watched = { progress: this.postgres.progress, folder: this.path, longest };
    const resourceLimits = { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1 };
    new Worker(new URL('./statement-watchdog.js', import.meta.url), {
      workerData,
      resourceLimits,
      execArgv: [],
    }).unref();
    void this.postgres.ended.then((error) => {
      onEnd(this.operatorErrorOf(error));
    });
  }

  /** Closes the files as well, and gives the folder back. */
  override async destroy(): Promise<void> {
    if (this.isInitialized) await super.destroy();
    await this.postgres.close();
    this.folder.release();
  }
}
