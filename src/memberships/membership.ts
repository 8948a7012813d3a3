import { isInForce, type MedicAccount, type Right } from '../access/policy.js';
import { nextLimits, UNLIMITED, type LimitsChange } from './limits.js';
import {
  ActiveHospitalAlreadyChosen,
  LastAdminOfHospital,
  MembershipCannotMove,
  MembershipIsDeleted,
  MembershipNotInForce,
} from './membership.errors.js';
import { MembershipType } from './membership.entity.js';
import { hasFlagOutsideTime, type Flagged, type OthersOutsideTime } from './waiting-flag.js';

/** The part of a membership that can change. */
export interface MembershipState extends Flagged {
  readonly type: MembershipType;
}

/** The fields that a request changes; absent ones stay. */
export interface MembershipChange extends LimitsChange {
  readonly type?: MembershipType | undefined;
  readonly isActive?: boolean | undefined;
  readonly isDeleted?: boolean | undefined;
}

/** The membership that a request creates. */
export interface NewMembership extends LimitsChange {
  readonly type: MembershipType;
  /** Undefined if the request leaves it to the rules. */
  readonly isActive: boolean | undefined;
}

/** A membership that exists. */
export type StoredMembership = MembershipState & { readonly id: number };

/** Everything that decides a change of one medic's membership at one hospital. */
export interface MembershipContext<Current extends StoredMembership | null = StoredMembership | null>
  extends MedicAccount, OthersOutsideTime {
  readonly hospitalId: number;
  /** Null if the hospital does not exist. */
  readonly isHospitalActive: boolean | null;
  /** The membership, live or deleted; null if the medic has none at the hospital. */
  readonly current: Current;
  /** The caller's right at the hospital; null if the account was closed after its key was checked. */
  readonly right: Right;
  /** Whether another membership of the medic that is not deleted has the flag of the active one, in force or not. */
  readonly otherFlagged: boolean;
  /** Whether the hospital has another ADMIN who can act: a live membership without an end, of an active account. */
  readonly otherAdmin: boolean;
}

/** The ids that name a membership: each medic has at most one at each hospital. */
export type MembershipKey = Pick<MembershipContext, 'medicId' | 'hospitalId'>;

/** A change, and the pair that the request says the membership has. */
export type MembershipUpdate = MembershipChange & { readonly [Id in keyof MembershipKey]?: number | undefined };

/** Facts about other memberships, and the instant at which they were so, that rules 2 to 4 need. */
export type OtherMemberships = OthersOutsideTime & Pick<MembershipContext, 'otherFlagged' | 'otherAdmin'>;

/** Those of a new medic: none. The instant is later than any end, so a membership with one would be refused as ended. */
export const NO_OTHERS: OtherMemberships = {
  otherLive: false,
  otherActive: false,
  otherFlagged: false,
  otherWaiting: false,
  firstToStart: null,
  otherAdmin: false,
  now: '9999-12-31T23:59:59.999999Z',
};

/** @returns the medic's right at the hospital by a live membership, null without one */
export function liveTypeOf({ current, now }: MembershipContext): Right {
  return current !== null && isLive(current, now) ? current.type : null;
}

/** A membership is live while it is in force and not deleted. SQL twin: `live`. @param now an instant */
export function isLive(state: Omit<MembershipState, 'type' | 'isActive'>, now: string): boolean {
  return !state.isDeleted && isInForce(state, now);
}

/** @returns whether the medic has a membership at the hospital, live or deleted */
export function hasMembership(context: MembershipContext): context is MembershipContext<StoredMembership> {
  return context.current !== null;
}

/** @throws MembershipCannotMove the update names another medic or hospital */
export function requireSamePair(pair: MembershipKey, { medicId, hospitalId }: MembershipUpdate): void {
  const movesMedic = medicId !== undefined && medicId !== pair.medicId;
  const movesHospital = hospitalId !== undefined && hospitalId !== pair.hospitalId;
  if (movesMedic || movesHospital) throw new MembershipCannotMove(movesMedic, movesHospital);
}

/**
 * Applies rules 2, 3 and 4 of the contract's section 3 to one membership, and its limits in time (section 14).
 * @param current state before the change
 * @param mayChoose whether the caller is the medic, or the account that created the medic
 * @returns the state after the change
 * @throws InvalidFields the limits in time, see {@link nextLimits}
 * @throws MembershipIsDeleted the membership is deleted, and the change does not restore it
 * @throws LastAdminOfHospital the hospital would have no ADMIN without an end who can act. Whether this membership's own
 *   account is active does not matter: over HTTP only an ADMIN who can act reaches it. That ADMIN is the other one, or
 *   has an end, and then the rule refuses more than it needs.
 * @throws ActiveHospitalAlreadyChosen the caller may not change the medic's choice
 * @throws MembershipNotInForce it cannot be the active one
 */
export function nextState(
  current: StoredMembership,
  change: MembershipChange,
  others: OtherMemberships,
  mayChoose: boolean,
): MembershipState {
  const { now } = others;
  const type = change.type ?? current.type;
  const isDeleted = change.isDeleted ?? current.isDeleted;
  const limits = nextLimits(current, change, current.isDeleted && !isDeleted, now);
  if (current.isDeleted && isDeleted) {
    const next = { type, isActive: change.isActive ?? current.isActive, isDeleted, ...limits };
    if (!isSame(next, current)) throw new MembershipIsDeleted();
    return current;
  }
  const next = { type, isDeleted, ...limits };
  const wasLive = isLive(current, now);
  if (isPermanentAdmin(current, now) && !isPermanentAdmin(next, now) && !others.otherAdmin) {
    throw new LastAdminOfHospital();
  }
  const wanted = change.isActive;
  if (isLive(next, now) && !wasLive) {
    return { ...next, isActive: becomesActive(current.isActive, wanted, others, mayChoose) };
  }
  if (!isDeleted && !isInForce(limits, now)) {
    if (wasLive && wanted === false) requireChoice(current.isActive, wanted, others, mayChoose);
    return { ...next, isActive: flagOutsideTime(current, next, wanted, others) };
  }
  if (wasLive) requireChoice(current.isActive, wanted, others, mayChoose);
  return { ...next, isActive: wanted ?? current.isActive };
}

/**
 * Like {@link nextState}, for a new membership.
 * @throws InvalidFields the limits in time
 * @throws ActiveHospitalAlreadyChosen the caller may not change the medic's choice
 * @throws MembershipNotInForce it cannot be the active one
 */
export function firstState(wanted: NewMembership, others: OtherMemberships, mayChoose: boolean): MembershipState {
  const { type, isActive } = wanted;
  const limits = nextLimits(UNLIMITED, wanted, true, others.now);
  const next = { type, isDeleted: false, ...limits };
  if (isInForce(limits, others.now)) {
    return { ...next, isActive: becomesActive(false, isActive, others, mayChoose) };
  }
  return { ...next, isActive: flagOutsideTime(null, next, isActive, others) };
}

/** Rule 3, for a membership that becomes live. */
function becomesActive(
  flag: boolean,
  wanted: boolean | undefined,
  others: OtherMemberships,
  mayChoose: boolean,
): boolean {
  if (!others.otherLive) return true;
  if (wanted !== true) return (wanted ?? flag) && !others.otherActive;
  if (others.otherActive && !mayChoose) throw new ActiveHospitalAlreadyChosen();
  return true;
}

/** Rule 4, for a membership that is live. @throws ActiveHospitalAlreadyChosen */
function requireChoice(flag: boolean, wanted: boolean | undefined, others: OtherMemberships, mayChoose: boolean): void {
  if (wanted === undefined || wanted === flag) return;
  if (!mayChoose && (flag || others.otherActive)) throw new ActiveHospitalAlreadyChosen();
}

/** For a membership that is outside its time after the change. @throws MembershipNotInForce it cannot be chosen */
function flagOutsideTime(
  current: StoredMembership | null,
  next: Omit<MembershipState, 'isActive'>,
  wanted: boolean | undefined,
  others: OtherMemberships,
): boolean {
  const hasFlag = hasFlagOutsideTime(current, next, wanted, others);
  if (wanted === true && !hasFlag) throw new MembershipNotInForce();
  return hasFlag;
}

/**
 * The live membership of an ADMIN that has no end, so that rule 2 may rely on it. SQL twin: `permanentAdmin`.
 * @param now an instant
 */
export function isPermanentAdmin(state: Omit<MembershipState, 'isActive'>, now: string): boolean {
  return state.type === MembershipType.ADMIN && isLive(state, now) && state.validUntil === null;
}

function isSame(one: MembershipState, other: MembershipState): boolean {
  return (
    one.type === other.type &&
    one.isActive === other.isActive &&
    one.validFrom === other.validFrom &&
    one.validUntil === other.validUntil
  );
}
