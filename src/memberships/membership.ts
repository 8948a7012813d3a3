import type { MedicAccount, Right } from '../access/policy.js';
import {
  ActiveHospitalAlreadyChosen,
  LastAdminOfHospital,
  MembershipCannotMove,
  MembershipIsDeleted,
} from './membership.errors.js';
import { MembershipType } from './membership.entity.js';

/** The part of a membership that can change. */
export interface MembershipState {
  readonly type: MembershipType;
  readonly isActive: boolean;
  readonly isDeleted: boolean;
}

/** The fields that a request changes; absent ones stay. */
export interface MembershipChange {
  readonly type?: MembershipType | undefined;
  readonly isActive?: boolean | undefined;
  readonly isDeleted?: boolean | undefined;
}

/** The membership that a request creates. */
export interface NewMembership {
  readonly type: MembershipType;
  /** Undefined if the request leaves it to the rules. */
  readonly isActive: boolean | undefined;
}

/** A membership that exists. */
export type StoredMembership = MembershipState & { readonly id: number };

/** Everything that decides a change of one medic's membership at one hospital. */
export interface MembershipContext<
  Current extends StoredMembership | null = StoredMembership | null,
> extends MedicAccount {
  readonly hospitalId: number;
  /** Null if the hospital does not exist. */
  readonly isHospitalActive: boolean | null;
  /** The membership, live or deleted; null if the medic has none at the hospital. */
  readonly current: Current;
  /** The caller's right at the hospital; null if the account was closed after its key was checked. */
  readonly right: Right;
  /** Whether the medic has another live membership. */
  readonly otherLive: boolean;
  /** Whether another live membership of the medic is the active one. */
  readonly otherActive: boolean;
  /** Whether the hospital has another ADMIN who can act: a live membership of an active account. */
  readonly otherAdmin: boolean;
}

/** The ids that name a membership: each medic has at most one at each hospital. */
export type MembershipKey = Pick<MembershipContext, 'medicId' | 'hospitalId'>;

/** A change, and the pair that the request says the membership has. */
export type MembershipUpdate = MembershipChange & { readonly [Id in keyof MembershipKey]?: number | undefined };

/** Facts about other memberships that rules 2 to 4 need. */
export type OtherMemberships = Pick<MembershipContext, 'otherLive' | 'otherActive' | 'otherAdmin'>;

/** @returns the medic's right at the hospital by a live membership, null without one */
export function liveTypeOf({ current }: MembershipContext): Right {
  return current?.isDeleted === false ? current.type : null;
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
 * Applies rules 2, 3 and 4 of the contract's section 3 to one membership.
 * @param current state before the change
 * @param mayChoose whether the caller is the medic, or the account that created the medic
 * @returns the state after the change
 * @throws MembershipIsDeleted the membership is deleted, and the change does not restore it
 * @throws LastAdminOfHospital the hospital would have no ADMIN who can act. Whether this membership's own account is
 *   active does not matter: over HTTP only an ADMIN who can act reaches it, and is then the other ADMIN.
 * @throws ActiveHospitalAlreadyChosen the caller may not change the medic's choice
 */
export function nextState(
  current: MembershipState,
  change: MembershipChange,
  others: OtherMemberships,
  mayChoose: boolean,
): MembershipState {
  const type = change.type ?? current.type;
  const isDeleted = change.isDeleted ?? current.isDeleted;
  if (current.isDeleted && isDeleted) {
    const isActive = change.isActive ?? current.isActive;
    if (type !== current.type || isActive !== current.isActive) throw new MembershipIsDeleted();
    return current;
  }
  if (isLiveAdmin(current) && !isLiveAdmin({ type, isDeleted }) && !others.otherAdmin) throw new LastAdminOfHospital();
  const isActive = current.isDeleted
    ? becomesActive(current.isActive, change.isActive, others, mayChoose)
    : staysActive(current.isActive, change.isActive, others, mayChoose);
  return { type, isActive, isDeleted };
}

/**
 * Like {@link nextState}, for a new membership.
 * @throws ActiveHospitalAlreadyChosen the caller may not change the medic's choice
 */
export function firstState(
  { type, isActive }: NewMembership,
  others: OtherMemberships,
  mayChoose: boolean,
): MembershipState {
  return { type, isActive: becomesActive(false, isActive, others, mayChoose), isDeleted: false };
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

/** Rule 4, for a membership that is live. */
function staysActive(
  flag: boolean,
  wanted: boolean | undefined,
  others: OtherMemberships,
  mayChoose: boolean,
): boolean {
  if (wanted === undefined || wanted === flag) return flag;
  if (!mayChoose && (flag || others.otherActive)) throw new ActiveHospitalAlreadyChosen();
  return wanted;
}

function isLiveAdmin({ type, isDeleted }: Pick<MembershipState, 'type' | 'isDeleted'>): boolean {
  return type === MembershipType.ADMIN && !isDeleted;
}
