import * as answers from './expected.js';
import type { Limits } from './limits.js';
import { isLive, type ModelMembership, type World } from './world.js';

export type State = Limits & { readonly isDeleted: boolean };

/** @returns whether a membership will start */
export function isUpcoming({ isDeleted, from }: State): boolean {
  return !isDeleted && from !== null && from > 0;
}

function hasEnded({ until }: Limits): boolean {
  return until !== null && until <= 0;
}

/** @returns the medic's other memberships that are not deleted, by id */
function othersOf(world: World, membership: ModelMembership): ModelMembership[] {
  return world.presentOf(membership.medic).filter((other) => other !== membership);
}

/** @returns whether the medic has no other live membership */
function isAlone(world: World, membership: ModelMembership): boolean {
  return !othersOf(world, membership).some(isLive);
}

/** @returns whether another membership of the medic has a flag that counts, now or once it starts */
function isFlaggedElsewhere(world: World, membership: ModelMembership): boolean {
  return othersOf(world, membership).some((other) => other.isActive && !hasEnded(other));
}

/** @returns whether a change creates, restores, removes or moves the start of a membership */
function isMoved(membership: ModelMembership, next: State): boolean {
  return membership.isDeleted !== next.isDeleted || membership.from !== next.from;
}

/**
 * Rule 3 for a medic without a live membership: the flag waits with the one that starts first.
 * @param membership before the change; a new one counts as deleted
 * @returns the membership that has the waiting flag after the change; undefined if no flag waits, or if it does not move
 */
export function holderAfter(world: World, membership: ModelMembership, next: State): ModelMembership | undefined {
  if (!isAlone(world, membership) || isLive(next) || !isMoved(membership, next)) return undefined;
  const others = othersOf(world, membership);
  const states = new Map<ModelMembership, State>(others.map((other) => [other, other]));
  states.set(membership, next);
  const [first] = [...new Set([...world.memberships, membership])]
    .filter((each) => isUpcoming(states.get(each) ?? { isDeleted: true, from: null, until: null }))
    .sort((one, other) => (states.get(one)?.from ?? 0) - (states.get(other)?.from ?? 0));
  const holders = [...others, ...(membership.isDeleted ? [] : [membership])].filter(({ isActive }) => isActive);
  const waits = holders.some((holder) => isUpcoming(holder) || (holder === membership && isUpcoming(next)));
  const isNew = membership.isDeleted || hasEnded(membership);
  return waits || (isNew && first === membership) ? first : undefined;
}

/**
 * @param next not live
 * @param holder from {@link holderAfter}
 * @returns whether a membership has the flag after a change
 * @throws Refused it is to be the active one
 */
export function flagAfter(
  world: World,
  membership: ModelMembership,
  next: State,
  wanted: boolean | undefined,
  holder: ModelMembership | undefined,
): boolean {
  const { isActive, isDeleted } = membership;
  if (next.isDeleted) return wanted ?? isActive;
  const waits = isAlone(world, membership) && isUpcoming(next);
  const isTaken = isDeleted && isFlaggedElsewhere(world, membership);
  const kept = isActive && (waits ? !isMoved(membership, next) : wanted !== false && !isTaken);
  const flag = kept || holder === membership;
  if (wanted === true && !flag) throw answers.notInForce();
  return flag;
}
