import type { PGlite } from '@electric-sql/pglite';

/**
 * The default of PostgreSQL is 128 MB, all of it resident from the start, because it is memory of this process. The
 * operating system caches the pages as well.
 */
const SHARED_BUFFERS = '16MB';

/** Log lines with PostgreSQL's reason for terminating. `Aborted` comes from its WebAssembly runtime. */
const TERMINATION = /\b(?:PANIC|FATAL): +(.+)|^postgres: (could not access .+)|^(Aborted\(.*)/;
const DETAIL = /\bDETAIL: +(.+)/;

/** File-system errors by the errno of PGlite's runtime. */
const FILE_ERRORS: Readonly<Record<number, string>> = {
  2: 'Permission denied',
  19: 'Quota exceeded',
  22: 'File too large',
  51: 'No space left on device',
  63: 'Permission denied',
  69: 'Read-only file system',
};

/**
 * Disk errors without an SQLSTATE of their own: an exceeded quota, a file size limit, a file system that became
 * read-only. They are treated as a full disk.
 */
const DISK_ERROR = /: (Quota exceeded|File too large|Read-only file system|I\/O error)$/;

/** The embedded PostgreSQL has terminated. It stays unusable until the process restarts. */
export class EmbeddedPostgresEnded extends Error {
  /** crash_shutdown, which a server reports when it terminates. */
  readonly code = '57P02';

  constructor(
    /** As PostgreSQL words it. */
    public reason: string,
  ) {
    super('The embedded database has ended.');
  }
}

/**
 * A PGlite that detects termination. After a PANIC, for example of a full disk, PGlite itself continues, and its next
 * statement never returns.
 */
export class EmbeddedPostgres {
  /** A counter that is odd while a statement runs. Other threads may read it. */
  readonly progress = new Int32Array(new SharedArrayBuffer(4));
  /** Resolves when PostgreSQL has terminated. */
  readonly ended: Promise<EmbeddedPostgresEnded>;
  private end: EmbeddedPostgresEnded | undefined;
  private resolveEnded!: (end: EmbeddedPostgresEnded) => void;

  private constructor(
    module: { PGlite: typeof PGlite },
    folder: string,
    /** For the PGlite adapter of `pg`. */
    readonly pglite = withWholeText(
      () =>
        new module.PGlite({
          dataDir: folder,
          onStderr: (line) => this.read(line),
          startParams: [...module.PGlite.defaultStartParams, '-c', `shared_buffers=${SHARED_BUFFERS}`],
        }),
    ),
  ) {
    this.ended = new Promise((resolve) => (this.resolveEnded = resolve));
    const execute = pglite.execProtocolRawSync.bind(pglite);
    pglite.execProtocolRawSync = (message) => this.run(() => execute(message));
    const parse = pglite.execProtocolStream.bind(pglite);
    pglite.execProtocolStream = async (message, options) => {
      const responses = await parse(message, options);
      for (const response of responses) classify(response);
      return responses;
    };
  }

  /**
   * Opens the database in `folder`, or creates it if the folder does not exist.
   * @throws EmbeddedPostgresEnded PostgreSQL rejects the folder; the error contains the reason
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

  /** The reason for termination, or undefined while it runs. */
  get failure(): EmbeddedPostgresEnded | undefined {
    return this.end;
  }

  /** Flushes and closes the files. Does nothing if PostgreSQL has terminated. */
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

  /** Parses a line of PostgreSQL's log. */
  private read(line: string): boolean {
    const [, fatal, refusal, aborted] = TERMINATION.exec(line) ?? [];
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

/**
 * PGlite creates the decoder of all text values when it is constructed. By default it would take a leading U+FEFF for a
 * byte order mark and drop it.
 * @param construct is synchronous, so that nobody else gets this decoder
 */
function withWholeText<T>(construct: () => T): T {
  const Original = globalThis.TextDecoder;
  globalThis.TextDecoder = class extends Original {
    constructor(label?: string, options?: object) {
      super(label, { ...options, ignoreBOM: true });
    }
  };
  try {
    return construct();
  } finally {
    globalThis.TextDecoder = Original;
  }
}

function reasonOf(error: unknown): string {
  const { errno, message } = error as { errno?: number; message?: string };
  return (errno === undefined ? message : FILE_ERRORS[errno]) ?? 'no reason is known';
}

/** Replaces the code of a disk error with disk_full. */
function classify(response: object): void {
  const { severity, message } = response as { severity?: string; message?: string };
  if (severity === 'ERROR' && DISK_ERROR.test(message ?? '')) Object.assign(response, { code: '53100' });
}
