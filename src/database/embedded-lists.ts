import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Statements } from './statements.js';

/** Turns of the event loop before each statement. An idle turn takes two microseconds. */
const TURNS = 100;

/** Duration of a statement above which the next one may have to rest, in milliseconds. */
const SLOW_MS = 50;
/** How long it rests, as a multiple of that duration, and its upper bound in milliseconds. */
const REST_FACTOR = 2;
const MAX_REST_MS = 1000;

/**
 * Lists and pictures on the embedded database, which runs on the event loop: they leave it to other requests. Before each
 * statement the loop turns often, because Node accepts one connection a turn, and because pictures and whole lists need
 * many statements. While others wait, slow statements use at most a third of the time.
 */
export class EmbeddedLists implements Statements {
  private restsUntil = 0;

  /** @param isContended whether other lists wait for their turn */
  constructor(
    private readonly on: Statements,
    private readonly isContended: () => boolean,
  ) {}

  async query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    for (let turn = 0; turn < TURNS; turn += 1) await nextTurn();
    const rest = this.restsUntil - performance.now();
    if (rest > 0) await sleep(rest);
    const start = performance.now();
    try {
      return await this.on.query<Row>(text, values);
    } finally {
      const duration = performance.now() - start;
      if (duration > SLOW_MS && this.isContended())
        this.restsUntil = start + duration + Math.min(duration * REST_FACTOR, MAX_REST_MS);
    }
  }
}
