import { medianOf } from './table.js';

const RESAMPLES = 4000;
/** Share of the resampled medians outside the interval, on each side. */
const TAIL = 0.025;

/** A median and its 95 % confidence interval. */
export interface Interval {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Bootstraps the median of values in groups: it resamples the groups, and then the values of each, because those of one
 * group share what no repetition within it averages out.
 */
export function intervalOf(groups: readonly (readonly number[])[]): Interval {
  const random = randomNumbers(1);
  const pick = <T>(values: readonly T[]): T[] =>
    values.map((value) => values[Math.floor(random() * values.length)] ?? value);
  const medians = Array.from({ length: RESAMPLES }, () => medianOf(pick(groups).flatMap(pick))).sort((a, b) => a - b);
  const at = (share: number) => medians[Math.round(share * (RESAMPLES - 1))] ?? Number.NaN;
  return { median: medianOf(groups.flat()), low: at(TAIL), high: at(1 - TAIL) };
}

/** @returns a function whose results are evenly spread over 0 to 1, and the same in every run (mulberry32) */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
