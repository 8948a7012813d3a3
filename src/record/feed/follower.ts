import { InsufficientScope, InvalidServiceKey } from '../../auth/service.errors.js';

/** How often a client that follows is checked again, and gets a comment line, in milliseconds. */
const BEAT_MS = 15_000;

/** A client that follows the feed: an event stream, or a request that waits. */
export class Follower {
  /** Why it was ended, if its key does not open the feed anymore. */
  refusal: InvalidServiceKey | InsufficientScope | undefined;
  /** Called at each beat, before its key is checked. */
  onBeat: (() => void) | undefined;
  private readonly controller = new AbortController();
  private readonly beats: NodeJS.Timeout;
  private isOverdue = false;
  private checking: Promise<void> | undefined;

  /**
   * @param account id of its service account
   * @param recheck throws InvalidServiceKey or InsufficientScope if its key does not open the feed anymore
   * @param disconnect closes its connection, with everything that it has not read
   */
  constructor(
    readonly account: number,
    private readonly recheck: () => Promise<void>,
    readonly disconnect: () => void,
  ) {
    this.beats = setInterval(() => {
      this.isOverdue = true;
      this.onBeat?.();
      void this.check();
    }, BEAT_MS).unref();
  }

  /** Aborted when it ends. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Whether it has ended. */
  get hasEnded(): boolean {
    return this.signal.aborted;
  }

  /**
   * Checks its key if that is overdue, and ends it if its key does not open the feed anymore.
   * @returns whether it may get entries; not while the database, which knows, is unavailable
   */
  async mayRead(): Promise<boolean> {
    if (this.isOverdue) await this.check();
    return !this.isOverdue && !this.hasEnded;
  }

  /** Ends it; doing so again has no effect. */
  end(): void {
    clearInterval(this.beats);
    this.controller.abort();
  }

  private check(): Promise<void> {
    this.checking ??= this.recheck()
      .then(
        () => (this.isOverdue = false),
        (error: unknown) => {
          if (!(error instanceof InvalidServiceKey) && !(error instanceof InsufficientScope)) return;
          this.refusal ??= error;
          this.end();
        },
      )
      .then(() => (this.checking = undefined));
    return this.checking;
  }
}
