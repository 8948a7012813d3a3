import { isInForce, type Limits } from '../access/policy.js';

/** A membership, as far as it decides where the flag of the active one waits. */
export interface Flagged extends Limits {
  readonly isActive: boolean;
  readonly isDeleted: boolean;
}

/** A membership that exists. */
type Stored = Flagged & { readonly id: number };

/** A membership that has not started yet, and whether it has the flag. */
export interface Upcoming {
  readonly id: number;
  readonly validFrom: string;
  readonly isActive: boolean;
}

/** Facts about the medic's other memberships, and the instant at which they were so. */
export interface OthersOutsideTime {
  /** Whether the medic has another live membership. */
  readonly otherLive: boolean;
  /** Whether another live membership of the medic is the active one. */
  readonly otherActive: boolean;
  /** Whether another membership of the medic that has not started yet has the flag. */
  readonly otherWaiting: boolean;
  /** The other membership of the medic that starts first, of several the one with the lowest id; null if none starts. */
  readonly firstToStart: Upcoming | null;
  /** The instant of the database's clock at which all of this was so, in the format of the contract. */
  readonly now: string;
}

/** A membership is upcoming until it starts, unless it is deleted. SQL twin: `upcoming`. @param now an instant */
export function isUpcoming({ isDeleted, validFrom }: Omit<Flagged, 'isActive'>, now: string): boolean {
  return !isDeleted && validFrom !== null && validFrom > now;
}

/**
 * Rule 3 of the contract's section 3, for a membership that is outside its time (section 14). Nothing runs when it
 * starts, so the flag has to wait for the start: with the membership that starts first, while the medic has no live one.
 * @param current before the change; null for a new membership
 * @param next after the change: neither deleted nor in force
 * @param wanted the flag that was sent. While no membership is live, nobody chooses, so it makes no difference.
 * @returns whether it has the flag after the change
 */
export function hasFlagOutsideTime(
  current: Stored | null,
  next: Omit<Flagged, 'isActive'>,
  wanted: boolean | undefined,
  others: OthersOutsideTime,
): boolean {
  const { otherLive, otherActive, otherWaiting, now } = others;
  if (!otherLive && isUpcoming(next, now)) {
    const isNew = current === null || current.isDeleted || !(isUpcoming(current, now) || isInForce(current, now));
    if (!isNew && !isMoved(current, next)) return current.isActive;
    const isWaiting = isNew || current.isActive || otherWaiting;
    return isWaiting && startsFirst(next, current?.id, others);
  }
  if (current === null || wanted === false) return false;
  // A restored one must not take the flag from another.
  return current.isActive && !(current.isDeleted && (otherActive || otherWaiting));
}

/**
 * Rule 3 again, for the other memberships: a flag that waits moves to the one that starts first.
 * @param current before the change; null for a new membership
 * @returns the id of the other membership that gets the flag; null if none does
 */
export function flagMovesTo(current: Stored | null, next: Flagged, others: OthersOutsideTime): number | null {
  const { otherLive, otherWaiting, firstToStart, now } = others;
  const isLiveAfter = otherLive || (!next.isDeleted && isInForce(next, now));
  if (isLiveAfter || firstToStart === null || firstToStart.isActive) return null;
  if (current !== null && !isMoved(current, next)) return null;
  if (isUpcoming(next, now) && next.isActive) return null;
  return otherWaiting || hasWaited(current, next, now) ? firstToStart.id : null;
}

/** @returns whether the flag that the membership had before the change waits for a start, then or now */
function hasWaited(current: Stored | null, next: Flagged, now: string): boolean {
  if (current === null || current.isDeleted || !current.isActive) return false;
  return isUpcoming(current, now) || isUpcoming(next, now);
}

/** @returns whether the change decides again when the membership starts */
function isMoved(current: Stored, next: Omit<Flagged, 'isActive'>): boolean {
  return current.isDeleted !== next.isDeleted || current.validFrom !== next.validFrom;
}

/** @param id undefined for a new membership, whose id will be the highest */
function startsFirst(
  { validFrom }: Limits,
  id: number | undefined,
  { firstToStart: other }: OthersOutsideTime,
): boolean {
  if (other === null || validFrom === null) return true;
  if (validFrom !== other.validFrom) return validFrom < other.validFrom;
  return id !== undefined && id < other.id;
}
