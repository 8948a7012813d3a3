import { Signal } from '../common/signal.js';

/** The queue of some work: for the connection of a transaction, for the turn of a list, or behind other statements. */
export type Queue = 'writes' | 'lists' | 'pipeline';

/** A wait that has ended. */
export interface Wait {
  readonly queue: Queue;
  readonly seconds: number;
}

/** Every wait for the database, those of no length included. */
export const waits = new Signal<Wait>();

/**
 * Reports how long a wait takes.
 * @returns what was waited for
 */
export async function timed<Result>(queue: Queue, wait: () => Promise<Result> | Result): Promise<Result> {
  if (!waits.isHeard) return wait();
  const began = performance.now();
  const result = await wait();
  waits.send({ queue, seconds: (performance.now() - began) / 1000 });
  return result;
}
