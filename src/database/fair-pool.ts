import { Overloaded, TooManyRequests } from '../common/errors.js';
import { timed } from './waits.js';

/** Upper bounds of the queue: per caller, per account tree, because any medic can create accounts, and in total. */
const MAX_WAITING_PER_CALLER = 64;
const MAX_WAITING_PER_TREE = 256;
const MAX_WAITING = 1000;
/** Upper bound for the time in the queue, in milliseconds. */
const MAX_WAIT_MS = 5000;

/** The id of an account, or `null` for all anonymous callers together. */
export type CallerId = number | null;

/** An account and the root of its tree. */
export interface PoolCaller {
  readonly id: CallerId;
  /** Absent for an account that is counted alone. */
  readonly rootId?: CallerId;
}

/** The caller has too many lists in progress. */
export class TooManyLists extends TooManyRequests {
  constructor() {
    super(1, 'Too many of your list requests are still in progress; wait for one to finish, then try again in 1 s.');
  }
}

interface Waiting<Resource> {
  readonly start: (resource: Resource) => void;
  readonly giveUp: () => void;
}

/** The running and queued work of one caller. */
interface Turn<Resource> {
  running: number;
  readonly waiting: Set<Waiting<Resource>>;
}

/**
 * Round-robin scheduler for a few exclusive resources. A caller gets at most half of them, and waiting callers take
 * turns, however many requests each has.
 */
export class FairPool<Resource> {
  private readonly idle: Resource[];
  private readonly perCaller: number;
  /** In round-robin order. */
  private readonly callers = new Map<CallerId, Turn<Resource>>();
  /** Queued work by the root of the account tree. */
  private readonly waitingInTree = new Map<CallerId, number>();
  /** Work in the queue. */
  waiting = 0;

  constructor(resources: readonly Resource[]) {
    this.idle = [...resources];
    this.perCaller = Math.max(1, Math.floor(resources.length / 2));
  }

  /**
   * Runs `work` with a resource as soon as one is available.
   * @param isRest whether the response has begun: its client could only see that it is truncated, so the work waits
   *   without bounds and is never refused
   * @returns the result of `work`
   * @throws TooManyLists the queue of this caller, or of its account tree, is full
   * @throws Overloaded the whole queue is full, or the wait took too long
   */
  async use<T>(caller: PoolCaller, work: (resource: Resource) => Promise<T>, isRest = false): Promise<T> {
    const resource = await timed('lists', () => this.take(caller, isRest));
    try {
      return await work(resource);
    } finally {
      this.release(caller.id, resource);
    }
  }

  private take({ id, rootId = id }: PoolCaller, isRest: boolean): Promise<Resource> | Resource {
    const turn = this.callers.get(id) ?? { running: 0, waiting: new Set() };
    const resource = turn.running < this.perCaller ? this.idle.pop() : undefined;
    if (resource !== undefined) turn.running += 1;
    else if (!isRest) this.requireSpace(id, rootId, turn);
    this.callers.set(id, turn);
    return resource ?? this.wait(id, rootId, turn, isRest);
  }

  private requireSpace(id: CallerId, rootId: CallerId, turn: Turn<Resource>): void {
    if (this.waiting >= MAX_WAITING) throw new Overloaded();
    const inTree = this.waitingInTree.get(rootId) ?? 0;
    if (turn.waiting.size >= MAX_WAITING_PER_CALLER || inTree >= MAX_WAITING_PER_TREE) throw this.rejectionFor(id);
  }

  private wait(caller: CallerId, rootId: CallerId, turn: Turn<Resource>, isRest: boolean): Promise<Resource> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        turn.waiting.delete(waiting);
        this.count(rootId, -1);
      };
      const waiting: Waiting<Resource> = {
        start: (resource) => {
          leave();
          turn.running += 1;
          resolve(resource);
        },
        giveUp: () => {
          leave();
          this.removeIfIdle(caller, turn);
          reject(turn.running === this.perCaller ? this.rejectionFor(caller) : new Overloaded());
        },
      };
      const timer = isRest ? undefined : setTimeout(waiting.giveUp, MAX_WAIT_MS);
      turn.waiting.add(waiting);
      this.count(rootId, 1);
    });
  }

  private count(rootId: CallerId, change: 1 | -1): void {
    this.waiting += change;
    const inTree = (this.waitingInTree.get(rootId) ?? 0) + change;
    if (inTree === 0) this.waitingInTree.delete(rootId);
    else this.waitingInTree.set(rootId, inTree);
  }

  private release(caller: CallerId, resource: Resource): void {
    this.idle.push(resource);
    const turn = this.callers.get(caller);
    if (turn === undefined) throw new Error('A caller released a resource that it did not hold.');
    turn.running -= 1;
    this.removeIfIdle(caller, turn);
    this.startNext();
  }

  /** Starts the oldest request of the next caller, then moves that caller to the end. */
  private startNext(): void {
    for (const [caller, turn] of this.callers) {
      const [next] = turn.waiting;
      if (next === undefined || turn.running >= this.perCaller) continue;
      const resource = this.idle.pop();
      if (resource === undefined) return;
      this.callers.delete(caller);
      this.callers.set(caller, turn);
      next.start(resource);
      return;
    }
  }

  private removeIfIdle(caller: CallerId, turn: Turn<Resource>): void {
    if (turn.running === 0 && turn.waiting.size === 0) this.callers.delete(caller);
  }

  private rejectionFor(caller: CallerId): Error {
    return caller === null ? new Overloaded() : new TooManyLists();
  }
}
