import { MembershipType } from '../memberships/membership.entity.js';

/** A medic's right at a hospital: the type of the live membership there, or null without one. */
export type Right = MembershipType | null;

/**
 * The instants between which a membership is in force, as text of the contract's format, so that texts sort as they do.
 */
export interface Limits {
  /** The first instant; null if it has always been in force. */
  readonly validFrom: string | null;
  /** The first instant after it; null if it has no end. */
  readonly validUntil: string | null;
}

/**
 * Section 14 of the contract: outside its time a membership counts as not live. SQL twin: `inForce`.
 * @param at an instant in the format of the contract
 */
export function isInForce({ validFrom, validUntil }: Limits, at: string): boolean {
  return (validFrom === null || validFrom <= at) && (validUntil === null || validUntil > at);
}

/** A medic's account, and the account that created it. */
export interface MedicAccount {
  readonly medicId: number;
  /** Null if the operator created the medic. */
  readonly creatorId: number | null;
}

/** A membership, as far as it decides who may see or remove it. */
export interface GuardedMembership {
  readonly medicId: number;
  /** The caller's right at the hospital of the membership. */
  readonly right: Right;
}

/** Section 1 of the contract: an ADMIN edits the hospital and manages its memberships. */
export function canAdminister(right: Right): boolean {
  return right === MembershipType.ADMIN;
}

/** Section 4: members see their hospital, but an inactive one is hidden from its MEMBERs. SQL twin: `SHOWS_HOSPITAL`. */
export function showsHospital(right: Right, isHospitalActive: boolean): boolean {
  return canAdminister(right) || (right !== null && isHospitalActive);
}

/** Section 6: a medic is visible to itself and to its creator, and both may change it. SQL twin: `ownsMedic`. */
export function ownsMedic(callerId: number, { medicId, creatorId }: MedicAccount): boolean {
  return callerId === medicId || callerId === creatorId;
}

/** Rule 4 of section 3: the medic, or its creator, changes an existing choice of active hospital. */
export function mayChooseHospital(callerId: number, medic: MedicAccount): boolean {
  return ownsMedic(callerId, medic);
}

/** A membership, as far as it decides who may know about it. */
export interface SeenMembership extends GuardedMembership {
  readonly isLive: boolean;
}

/** Section 3: a medic sees its own membership while it is live, an ADMIN always. SQL twin: `seesMembership`. */
export function maySeeMembership(callerId: number, { medicId, right, isLive }: SeenMembership): boolean {
  return canAdminister(right) || (callerId === medicId && isLive);
}

/** Section 3: an ADMIN removes any membership of the hospital, and a medic its own. */
export function mayRemove(callerId: number, { medicId, right }: GuardedMembership): boolean {
  return canAdminister(right) || callerId === medicId;
}

/** Effect of a change of a medic on the medic's own right at a hospital. */
export interface Assignment {
  /** The medic's right there before the change. */
  readonly present: Right;
  /** The type that the change asks for; undefined keeps the present one. */
  readonly wanted: MembershipType | undefined;
  /** Whether the medic may name the hospital: {@link showsHospital}, or it is not named at all. */
  readonly isNameable: boolean;
}

/**
 * Section 6: choosing a hospital that a medic belongs to needs no right there; a new membership or another type does.
 * @param right the caller's at the hospital
 */
export function mayAssign(right: Right, { present, wanted = present ?? undefined, isNameable }: Assignment): boolean {
  return canAdminister(right) || (present !== null && wanted === present && isNameable);
}

/** How a medic stands to a hospital, as far as it decides what the medic may do there. */
export interface Standing {
  readonly right: Right;
  readonly isAccountActive: boolean;
  readonly isHospitalActive: boolean;
}

/** Section 11: an active account prescribes by a live membership at an active hospital. SQL twin: `mayPrescribe`. */
export function mayPrescribe({ right, isAccountActive, isHospitalActive }: Standing): boolean {
  return right !== null && isAccountActive && isHospitalActive;
}

/** Section 11: an active account administers as an ADMIN, an inactive hospital as well. SQL twin: `mayAdminister`. */
export function mayAdminister({ right, isAccountActive }: Standing): boolean {
  return canAdminister(right) && isAccountActive;
}
