import type { CurrentMedic } from '../auth/current-medic.decorator.js';
import type { Companion } from '../database/transaction.js';
import type { MembershipRow } from './dto/membership.response.js';
import type { MembershipKey, MembershipUpdate, NewMembership } from './membership.js';

/** The provider token of the {@link MembershipStore} in use. */
export const MEMBERSHIP_STORE = Symbol('MembershipStore');

/** Throws if a membership is not in the state that a request expects. */
export type RequireVersion = (current: MembershipRow) => void;

/**
 * Writes single memberships for a medic under the rules of the contract's section 3. Each call authorizes the caller and
 * stores everything, or throws and stores nothing. Every implementation passes the same tests.
 */
export interface MembershipStore {
  /**
   * @param key of the medic and the hospital
   * @param companion stores the response in the same transaction
   * @returns the new membership
   * @throws UnauthorizedMedic the caller is not an ADMIN of the hospital; nothing about the medic is checked then
   * @throws InvalidFields the medic does not exist, or the limits in time are wrong
   * @throws MembershipAlreadyExists rule 1
   * @throws ActiveHospitalAlreadyChosen rule 4
   * @throws MembershipNotInForce it would start later, and cannot be the active one
   */
  create(
    caller: CurrentMedic,
    key: MembershipKey,
    wanted: NewMembership,
    companion?: Companion<MembershipRow>,
  ): Promise<MembershipRow>;

  /**
   * Changes, restores or removes a membership.
   * @param requireVersion is called with the locked membership, once the right is checked, and throws if it is not the
   *   version that the caller has seen
   * @returns the membership after the change
   * @throws NotFound the membership does not exist
   * @throws UnauthorizedMedic the caller is not an ADMIN of its hospital
   * @throws MembershipCannotMove the update names another medic or hospital
   * @throws InvalidFields the limits in time are wrong
   * @throws LastAdminOfHospital rule 2
   * @throws MembershipIsDeleted it must be restored first
   * @throws ActiveHospitalAlreadyChosen rule 4
   * @throws MembershipNotInForce outside its time it cannot be the active one
   */
  update(
    caller: CurrentMedic,
    id: number,
    update: MembershipUpdate,
    requireVersion?: RequireVersion,
  ): Promise<MembershipRow>;

  /**
   * Deletes a membership for an ADMIN of its hospital, or for its medic while it is live, who leaves.
   * @param requireVersion as for {@link update}
   * @returns the deleted membership
   * @throws NotFound the membership does not exist, is already deleted, or is hidden from its medic outside its time
   * @throws UnauthorizedMedic the caller is neither
   * @throws LastAdminOfHospital rule 2
   */
  remove(caller: CurrentMedic, id: number, requireVersion?: RequireVersion): Promise<MembershipRow>;
}
