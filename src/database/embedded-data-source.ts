import { Worker } from 'node:worker_threads';
import { DataSource } from 'typeorm';
import { embeddedOptions } from './data-source-options.js';
import { operatorErrorOf } from './embedded-errors.js';
import type { EmbeddedFolder } from './embedded-folder.js';
import type { EmbeddedPostgres } from './embedded-postgres.js';
import type { Watched } from './statement-watchdog.js';

/** PostgreSQL inside this process. Its folder is locked against other processes. */
export class EmbeddedDataSource extends DataSource {
  /**
   * @param path of the folder
   * @param connection the pool options that PGlite's adapter for `pg` returns
   */
  private constructor(
    readonly path: string,
    private readonly folder: EmbeddedFolder,
    private readonly postgres: EmbeddedPostgres,
    connection: object,
  ) {
    super(embeddedOptions(connection));
  }

  /**
   * Locks the folder at `path` and opens its database, which is created if there is none.
   * @throws DatabaseFolderInUse another process has locked it
   * @throws DatabaseFolderUnusable this process may not use the folder
   * @throws EmbeddedDatabaseUnusable PostgreSQL cannot open the database, or the disk is full
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

  /** @returns the error as the operator sees it */
  operatorErrorOf(error: unknown): unknown {
    return operatorErrorOf(this.path, this.postgres.failure ?? error);
  }

  /**
   * Kills the process if a statement never returns. Nothing on the main thread can do that, because the statement
   * blocks it.
   * @param onEnd called with the error for the operator when PostgreSQL has terminated
   * @param longest upper bound for the CPU time of the process during one statement, in seconds. CPU time, because
   *   wall-clock time also passes on a busy or suspended machine. A server cancels a statement after ten seconds; the
   *   embedded database cannot cancel one.
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

  /** Also closes the files and unlocks the folder. */
  override async destroy(): Promise<void> {
    if (this.isInitialized) await super.destroy();
    await this.postgres.close();
    this.folder.release();
  }
}
