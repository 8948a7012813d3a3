import type { PGlite } from '@electric-sql/pglite';

/**
 * PostgreSQL's own default is 128 MB, all of it resident from the start because it lies in the memory of this
 * process. The pages are in the cache of the operating system as well.
 */
const SHARED_BUFFERS = '16MB';

/** PostgreSQL says why it ends with one of these, and `Aborted` is the word of its runtime. */
const LAST_WORDS = /\b(?:PANIC|FATAL): +(.+)|^postgres: (could not access .+)|^(Aborted\(.*)/;
const DETAIL = /\bDETAIL: +(.+)/;

/** Errors of the file system, by the number that PGlite's runtime gives them. */
const FILE_ERRORS: Readonly<Record<number, string>> = {
  2: 'Permission denied',
  19: 'Quota exceeded',
  22: 'File too large',
  51: 'No space left on device',
  63: 'Permission denied',
  69: 'Read-only file system',
};

/**
 * Errors of the disk that PostgreSQL has no SQLSTATE for: a quota, a limit of the size of files, a file system
 * that has become read-only. They are answered as a full disk is.
 */
const DISK_REFUSES = /: (Quota exceeded|File too large|Read-only file system|I\/O error)$/;

/** The embedded PostgreSQL has ended itself, and answers nothing until the process is started again. */
export class EmbeddedPostgresEnded extends Error {
  /** crash_shutdown, as a server says when it ends. */
  readonly code = '57P02';

  constructor(
    /** In PostgreSQL's words. */
    public reason: string,
  ) {
    super('The embedded database has ended.');
  }
}

/**
 * PGlite that notices its own end. PGlite itself goes on after a PANIC, such as that of a full disk, and
 * its next statement never returns.
 */
export class EmbeddedPostgres {
  /** One number: odd while a statement runs. Another thread may read it. */
  readonly progress = new Int32Array(new SharedArrayBuffer(4));
  /** Resolves once PostgreSQL has ended itself. */
  readonly ended: Promise<EmbeddedPostgresEnded>;
  private end: EmbeddedPostgresEnded | undefined;
  private resolveEnded!: (end: EmbeddedPostgresEnded) => void;

  private constructor(
    module: { PGlite: typeof PGlite },
    folder: string,
    /** What its adapter for `pg` is made of. */
    readonly pglite = new module.PGlite({
      dataDir: folder,
      onStderr: (line) => this.read(line),
      startParams: [...module.PGlite.defaultStartParams, '-c', `shared_buffers=${SHARED_BUFFERS}`],
    }),
  ) {
    this.ended = new Promise((resolve) => (this.resolveEnded = resolve));
    const execute = pglite.execProtocolRawSync.bind(pglite);
    pglite.execProtocolRawSync = (message) => this.run(() => execute(message));
    const parse = pglite.execProtocolStream.bind(pglite);
    pglite.execProtocolStream = async (message, options) => {
      const answers = await parse(message, options);
      for (const answer of answers) classify(answer);
      return answers;
    };
  }

  /**
   * Opens the database in `folder`, or creates it in a folder that does not exist.
   * @throws EmbeddedPostgresEnded PostgreSQL refuses the folder, and says why
   */
  static async open(folder: string): Promise<EmbeddedPostgres> {
    const postgres = new EmbeddedPostgres(await import('@electric-sql/pglite'), folder);
    try {
      await postgres.pglite.waitReady;
    } catch (error) {
      throw postgres.end ?? new EmbeddedPostgresEnded(reasonOf(error));
    }
    return postgres;
  }

  /** Why it has ended, or undefined while it works. */
  get failure(): EmbeddedPostgresEnded | undefined {
    return this.end;
  }

  /** Writes everything out and closes the files; does nothing if PostgreSQL has ended itself. */
  async close(): Promise<void> {
    if (this.end === undefined && !this.pglite.closed) await this.pglite.close();
  }

  private run<T>(statement: () => T): T {
    if (this.end !== undefined) throw this.end;
    Atomics.add(this.progress, 0, 1);
    try {
      return statement();
    } finally {
      Atomics.add(this.progress, 0, 1);
    }
  }

  /** Reads a line of PostgreSQL's own log. */
  private read(line: string): boolean {
    const [, fatal, refusal, aborted] = LAST_WORDS.exec(line) ?? [];
    const reason = fatal ?? refusal ?? aborted;
    if (reason !== undefined && this.end === undefined) {
      this.end = new EmbeddedPostgresEnded(reason);
      this.resolveEnded(this.end);
    }
    const [, detail] = DETAIL.exec(line) ?? [];
    if (detail !== undefined && this.end !== undefined) this.end.reason += `: ${detail}`;
    return true;
  }
}

function reasonOf(error: unknown): string {
  const { errno, message } = error as { errno?: number; message?: string };
  return (errno === undefined ? message : FILE_ERRORS[errno]) ?? 'no reason is known';
}

/** Gives an error of the disk the code of a full disk, so that it is answered as one. */
function classify(answer: object): void {
  const { severity, message } = answer as { severity?: string; message?: string };
  if (severity === 'ERROR' && DISK_REFUSES.test(message ?? '')) Object.assign(answer, { code: '53100' });
}
