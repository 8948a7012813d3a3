import type { Limits } from '../../src/access/policy.js';
import { UNLIMITED } from '../../src/memberships/limits.js';
import { flagMoveOf } from '../../src/memberships/flag-moves.js';
import { MembershipNotInForce } from '../../src/memberships/membership.errors.js';
import { MembershipType } from '../../src/memberships/membership.entity.js';
import {
  firstState,
  isLive,
  NO_OTHERS,
  nextState,
  type OtherMemberships,
  type StoredMembership,
} from '../../src/memberships/membership.js';

const NOW = '2026-11-28T01:12:12.017392Z';
const day = (number: number) => `2999-01-0${String(number)}T00:00:00.000000Z`;
const from = (number: number): Limits => ({ validFrom: day(number), validUntil: null });
const ENDED: Limits = { validFrom: null, validUntil: '2020-01-01T00:00:00.000000Z' };

/** A membership of the medic: its id, its limits, whether it has the flag, and whether it is deleted. */
function stored(id: number, limits: Limits, isActive = false, isDeleted = false): StoredMembership {
  return { id, type: MembershipType.MEMBER, isActive, isDeleted, ...limits };
}

/** @returns the facts that the service reads about memberships that are not deleted, ordered by start */
function factsOf(others: readonly StoredMembership[]): OtherMemberships {
  const live = others.filter((other) => isLive(other, NOW));
  const upcoming = others.flatMap(({ id, validFrom, isActive }) =>
    validFrom === null || validFrom <= NOW ? [] : [{ id, validFrom, isActive }],
  );
  return {
    ...NO_OTHERS,
    otherLive: live.length > 0,
    otherActive: live.some(({ isActive }) => isActive),
    otherFlagged: others.some(({ isActive }) => isActive),
    otherWaiting: upcoming.some(({ isActive }) => isActive),
    firstToStart: upcoming[0] ?? null,
    otherAdmin: true,
    now: NOW,
  };
}

/** Changes or adds one membership of a medic who has others. @returns its flag, and the id of the other one that gets a flag */
function outcome(
  current: StoredMembership | null,
  change: object,
  others: readonly StoredMembership[],
): [flag: boolean, heir: number | null, hasLoser: boolean] {
  const facts = factsOf(others);
  const next =
    current === null
      ? firstState({ type: MembershipType.MEMBER, isActive: undefined, ...change }, facts, false)
      : nextState(current, change, facts, false);
  const { heir, loser } = flagMoveOf({ medicId: 1, hospitalId: 1, current, ...facts }, next);
  return [next.isActive, heir, loser !== null];
}

const FLAG = true;
const BEFORE = { validFrom: day(1) };
const BEHIND = { validFrom: day(5) };
const REMOVAL = { isDeleted: true };
const RESTORING = { isDeleted: false };

test.each<
  [
    title: string,
    current: StoredMembership | null,
    change: object,
    others: StoredMembership[],
    result: [flag: boolean, heir: number | null, hasLoser: boolean],
  ]
>([
  ['a new one is the only one', null, BEFORE, [], [true, null, false]],
  ['a new one starts first', null, BEFORE, [stored(8, from(2), FLAG)], [true, null, true]],
  ['a new one starts at the same instant', null, BEFORE, [stored(8, from(1), FLAG)], [false, null, false]],
  ['a new one starts later', null, BEHIND, [stored(8, from(1), FLAG)], [false, null, false]],
  ['a new one starts later than one without the flag', null, BEHIND, [stored(8, from(1))], [false, null, false]],
  ['a new one is beside an ended one with the flag', null, BEFORE, [stored(8, ENDED, FLAG)], [true, null, true]],
  ['a new one is beside a live one', null, BEFORE, [stored(8, UNLIMITED)], [false, null, false]],
  [
    'a new one finds the flag behind the first',
    null,
    BEHIND,
    [stored(8, from(1)), stored(9, from(2), FLAG)],
    [false, 8, true],
  ],
  ['a start moves first', stored(7, from(3)), BEFORE, [stored(8, from(2), FLAG)], [true, null, true]],
  ['a start moves first, and no flag waits', stored(7, from(3)), BEFORE, [stored(8, from(2))], [false, null, false]],
  ['a start moves to that of a higher id', stored(7, from(3)), BEFORE, [stored(8, from(1), FLAG)], [true, null, true]],
  ['a start moves to that of a lower id', stored(9, from(3)), BEFORE, [stored(8, from(1), FLAG)], [false, null, false]],
  [
    'a start with the flag moves behind',
    stored(7, from(1), FLAG),
    BEHIND,
    [stored(8, from(2)), stored(9, from(3))],
    [false, 8, false],
  ],
  [
    'a start with the flag moves, and stays first',
    stored(7, from(3), FLAG),
    BEFORE,
    [stored(8, from(2))],
    [true, null, false],
  ],
  [
    'an ended one starts again, first',
    stored(7, ENDED),
    { ...BEFORE, validUntil: null },
    [stored(8, from(2), FLAG)],
    [true, null, true],
  ],
  [
    'an ended one with the flag starts again behind',
    stored(7, ENDED, FLAG),
    { ...BEHIND, validUntil: null },
    [stored(8, from(2))],
    [false, 8, false],
  ],
  [
    'an ended one keeps the flag that counts as none',
    stored(7, ENDED, FLAG),
    {},
    [stored(8, from(2))],
    [true, null, false],
  ],
  ['nothing changes', stored(7, from(1)), {}, [stored(8, from(2), FLAG)], [false, null, false]],
  ['false does not clear a flag that waits', stored(7, from(1), FLAG), { isActive: false }, [], [true, null, false]],
  [
    'false clears the flag beside a live one',
    stored(7, from(1), FLAG),
    { isActive: false },
    [stored(8, UNLIMITED)],
    [false, null, false],
  ],
  ['the one with the flag is removed', stored(7, from(1), FLAG), REMOVAL, [stored(8, from(2))], [true, 8, false]],
  ['the only one with the flag is removed', stored(7, from(1), FLAG), REMOVAL, [], [true, null, false]],
  ['one without the flag is removed', stored(7, from(1)), REMOVAL, [stored(8, from(2))], [false, null, false]],
  ['the live active one is removed', stored(7, UNLIMITED, FLAG), REMOVAL, [stored(8, from(2))], [true, null, false]],
  [
    'the last live one is removed, and the flag is behind',
    stored(7, UNLIMITED),
    REMOVAL,
    [stored(8, from(1)), stored(9, from(2), FLAG)],
    [false, 8, true],
  ],
  ['one is restored first', stored(7, from(1), false, true), RESTORING, [stored(8, from(2), FLAG)], [true, null, true]],
  [
    'one with the flag is restored behind',
    stored(7, from(3), FLAG, true),
    RESTORING,
    [stored(8, from(2), FLAG)],
    [false, null, false],
  ],
  [
    'one with the flag is restored beside a live one',
    stored(7, from(3), FLAG, true),
    RESTORING,
    [stored(8, UNLIMITED)],
    [true, null, false],
  ],
  [
    'one with the flag is restored beside the active one',
    stored(7, from(3), FLAG, true),
    RESTORING,
    [stored(8, UNLIMITED, FLAG)],
    [false, null, false],
  ],
  [
    'the live active one starts later, first',
    stored(7, UNLIMITED, FLAG),
    BEFORE,
    [stored(8, from(2))],
    [true, null, false],
  ],
  [
    'the live active one starts later, behind',
    stored(7, UNLIMITED, FLAG),
    BEHIND,
    [stored(8, from(2))],
    [false, 8, false],
  ],
  [
    'the live active one starts later, beside a live one',
    stored(7, UNLIMITED, FLAG),
    BEHIND,
    [stored(8, UNLIMITED), stored(9, from(2))],
    [true, null, false],
  ],
])('%s', (_, current, change, others, result) => {
  expect(outcome(current, change, others)).toEqual(result);
});

test.each([
  ['a new one that starts later', null, BEHIND],
  ['one whose start moves behind', stored(7, from(1), FLAG), BEHIND],
  ['one that is restored behind', stored(7, from(5), FLAG, true), RESTORING],
  ['one that has ended', stored(7, ENDED), {}],
])('true is refused for %s', (_, current, change) => {
  const other = stored(8, from(2), current === null || current.isDeleted);
  expect(() => outcome(current, { ...change, isActive: true }, [other])).toThrow(MembershipNotInForce);
});
