import { invalid } from './expected.js';

/**
 * The limits in time of a membership, in days from the model's present: those up to 0 have passed. When days pass, the
 * limits come nearer by as many days, in the model and in the database, because nobody can move its clock.
 */
export interface Limits {
  from: number | null;
  until: number | null;
}

/** Limits as a request sends them; absent ones stay, null removes one. */
export interface LimitFields {
  readonly valid_from?: string | null;
  readonly valid_until?: string | null;
}

export const UNLIMITED: Limits = { from: null, until: null };

const DAY_MS = 24 * 3_600_000;

/** The instant of day 0: an hour ago, so that a clock of the database that is a little late has passed it as well. */
const PRESENT_MS = Math.floor(Date.now() / 1000) * 1000 - DAY_MS / 24;

/** @returns the instant of a limit, as the service writes it */
export function instantOf(day: number | null): string | null {
  return day === null ? null : new Date(PRESENT_MS + day * DAY_MS).toISOString().replace('Z', '000Z');
}

/** @param text an instant from {@link instantOf} */
function dayOf(text: string | null): number | null {
  return text === null ? null : Math.round((Date.parse(text) - PRESENT_MS) / DAY_MS);
}

/** Section 14: from `valid_from` on, until `valid_until`. */
export function isInForce({ from, until }: Limits): boolean {
  return (from === null || from <= 0) && (until === null || until > 0);
}

/**
 * @param isNew whether the membership is created or restored
 * @returns the limits after a request
 * @throws Refused an end in the past, unless it is the stored one, or an end that is not after the start
 */
export function limitsAfter(present: Limits, { valid_from, valid_until }: LimitFields, isNew: boolean): Limits {
  const from = valid_from === undefined ? present.from : dayOf(valid_from);
  const until = valid_until === undefined ? present.until : dayOf(valid_until);
  const isOtherEnd = until !== present.until;
  const isOther = isOtherEnd || from !== present.from;
  if (until === null || !(isOther || isNew)) return { from, until };
  if (until <= 0 && (isNew || isOtherEnd)) throw invalid('valid_until');
  if (from !== null && until <= from) throw invalid(isOtherEnd ? 'valid_until' : 'valid_from');
  return { from, until };
}

/** The members of a membership object that show its limits; no members for one without limits. */
export function limitMembers({ from, until }: Limits): object {
  return from === null && until === null ? {} : { valid_from: instantOf(from), valid_until: instantOf(until) };
}
