import { Overloaded, TooManyRequests } from '../common/errors.js';

/** How many may wait, for one caller and in all. */
const MAX_WAITING_PER_CALLER = 64;
const MAX_WAITING = 1000;
/** How long one may wait, in milliseconds. */
const MAX_WAIT_MS = 5000;

/** Whose turn it is: the id of an account, or `null` for all who need no key. */
export type CallerId = number | null;

/** The caller has too many lists in progress. */
export class TooManyLists extends TooManyRequests {
  constructor() {
    super(1, 'Too many of your lists are still being read; wait for one of them, and try again in 1 s.');
  }
}

interface Waiting<Resource> {
  readonly begin: (resource: Resource) => void;
  readonly giveUp: () => void;
}

/** A caller for whom something is under way or waits. */
interface Turn<Resource> {
  running: number;
  readonly waiting: Set<Waiting<Resource>>;
}

/**
 * Hands out a few resources, each to one user at a time. One caller never has more than half of them, and
 * callers who wait take turns, however much each of them asks for.
 */
export class FairPool<Resource> {
  private readonly idle: Resource[];
  private readonly perCaller: number;
  /** In the order of their turns. */
  private readonly callers = new Map<CallerId, Turn<Resource>>();
  private waiting = 0;

  constructor(resources: readonly Resource[]) {
    this.idle = [...resources];
    this.perCaller = Math.max(1, Math.floor(resources.length / 2));
  }

  /**
   * @returns what `work` returns
   * @throws TooManyLists too many wait for this caller
   * @throws Overloaded too many wait in all, or this one has waited too long
   */
  async use<T>(caller: CallerId, work: (resource: Resource) => Promise<T>): Promise<T> {
    const resource = await this.take(caller);
    try {
      return await work(resource);
    } finally {
      this.giveBack(caller, resource);
    }
  }

  private take(caller: CallerId): Promise<Resource> | Resource {
    const turn = this.callers.get(caller) ?? { running: 0, waiting: new Set() };
    const resource = turn.running < this.perCaller ? this.idle.pop() : undefined;
    if (resource === undefined) {
      if (this.waiting >= MAX_WAITING) throw new Overloaded();
      if (turn.waiting.size >= MAX_WAITING_PER_CALLER) throw this.excessOf(caller);
    } else turn.running += 1;
    this.callers.set(caller, turn);
    return resource ?? this.wait(caller, turn);
  }

  private wait(caller: CallerId, turn: Turn<Resource>): Promise<Resource> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        turn.waiting.delete(waiting);
        this.waiting -= 1;
      };
      const waiting: Waiting<Resource> = {
        begin: (resource) => {
          leave();
          turn.running += 1;
          resolve(resource);
        },
        giveUp: () => {
          leave();
          this.forgetIfIdle(caller, turn);
          reject(turn.running === this.perCaller ? this.excessOf(caller) : new Overloaded());
        },
      };
      const timer = setTimeout(waiting.giveUp, MAX_WAIT_MS);
      turn.waiting.add(waiting);
      this.waiting += 1;
    });
  }

  private giveBack(caller: CallerId, resource: Resource): void {
    this.idle.push(resource);
    const turn = this.callers.get(caller);
    if (turn === undefined) throw new Error('A resource was given back by a caller who had none.');
    turn.running -= 1;
    this.forgetIfIdle(caller, turn);
    this.beginNext();
  }

  /** Begins the oldest of the caller whose turn it is, and sends that caller to the end. */
  private beginNext(): void {
    for (const [caller, turn] of this.callers) {
      const [next] = turn.waiting;
      if (next === undefined || turn.running >= this.perCaller) continue;
      const resource = this.idle.pop();
      if (resource === undefined) return;
      this.callers.delete(caller);
      this.callers.set(caller, turn);
      next.begin(resource);
      return;
    }
  }

  private forgetIfIdle(caller: CallerId, turn: Turn<Resource>): void {
    if (turn.running === 0 && turn.waiting.size === 0) this.callers.delete(caller);
  }

  private excessOf(caller: CallerId): Error {
    return caller === null ? new Overloaded() : new TooManyLists();
  }
}
