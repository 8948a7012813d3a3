import { Injectable } from '@nestjs/common';
import { mayAssign, showsHospital } from '../access/policy.js';
import { live } from '../access/rights.sql.js';
import { InvalidFields } from '../common/errors.js';
import type { Transaction } from '../database/transaction.js';
import { clearChoice } from '../memberships/flag-moves.js';
import {
  firstState,
  hasMembership,
  isLive,
  liveTypeOf,
  nextState,
  type MembershipContext,
  type MembershipState,
} from '../memberships/membership.js';
import { MembershipNotInForce } from '../memberships/membership.errors.js';
import { Membership, MembershipType } from '../memberships/membership.entity.js';
import { MembershipWriter } from '../memberships/membership-writer.js';
import { CannotAssignHospital } from './medic.errors.js';

/** The fields `hospital` and `is_admin_membership` of a request. */
export interface HospitalChange {
  /** Id of the hospital that becomes the active one; null clears the choice, undefined keeps it. */
  readonly hospital: number | null | undefined;
  /** Whether the medic becomes an ADMIN there or a MEMBER; undefined keeps the type. */
  readonly isAdmin: boolean | undefined;
}

/** The membership that a {@link HospitalChange} leads to, and its state after the change. */
export interface HospitalDecision {
  readonly context: MembershipContext;
  readonly next: MembershipState;
}

/**
 * Changes a medic's hospital and the type of the membership there (section 6 of the contract). Only the medic and its
 * creator send these fields, and both may change the choice of active hospital (rule 4).
 */
@Injectable()
export class MedicHospital {
  constructor(private readonly writer: MembershipWriter) {}

  /** @returns the id of the hospital that the change concerns, or null if it concerns none */
  async findId(transaction: Transaction, medicId: number, change: HospitalChange): Promise<number | null> {
    if (!isAboutCurrent(change)) return change.hospital ?? null;
    const [current] = await transaction.execute<{ id: number }>(
      transaction
        .createQueryBuilder(Membership, 's')
        .select('s.hospitalId', 'id')
        .where(`s.medicId = :medicId AND s.isActive AND ${live('s')}`, { medicId }),
    );
    return current?.id ?? null;
  }

  /**
   * @param context of the medic at the hospital that {@link findId} returned
   * @throws CannotAssignHospital the caller lacks the right that the change needs
   * @throws InvalidFields the change has a type, but the medic has no current hospital
   */
  requireRight(context: MembershipContext | null, change: HospitalChange): void {
    if (context === null) {
      if (change.isAdmin === undefined) return;
      throw new InvalidFields({ is_admin_membership: ['The medic has no current hospital.'] });
    }
    const present = liveTypeOf(context);
    const wanted = change.isAdmin === undefined ? undefined : typeOf(change.isAdmin);
    const isNameable = isAboutCurrent(change) || showsHospital(present, context.isHospitalActive === true);
    if (!mayAssign(context.right, { present, wanted, isNameable })) throw new CannotAssignHospital(context.hospitalId);
  }

  /**
   * @throws LastAdminOfHospital rule 2 of section 3
   * @throws InvalidFields the membership is deleted, and has ended
   * @throws MembershipNotInForce it is outside its time, and cannot become the active one
   */
  decide(context: MembershipContext, change: HospitalChange): HospitalDecision {
    const isActive = change.hospital === undefined ? undefined : true;
    if (!hasMembership(context))
      return { context, next: firstState({ type: typeOf(change.isAdmin), isActive }, context, true) };
    const type = change.isAdmin === undefined ? undefined : typeOf(change.isAdmin);
    try {
      const next = nextState(context.current, { type, isActive, isDeleted: false }, context, true);
      if (isActive === true && !isLive(next, context.now)) throw new MembershipNotInForce();
      return { context, next };
    } catch (error) {
      if (error instanceof InvalidFields) throw new InvalidFields({ hospital: [HAS_ENDED] });
      throw error;
    }
  }

  /** @param decision null if the change concerns no hospital; it may still clear the choice */
  async store(
    transaction: Transaction,
    medicId: number,
    decision: HospitalDecision | null,
    change: HospitalChange,
  ): Promise<void> {
    if (decision === null) {
      if (change.hospital === null) await clearChoice(transaction, medicId);
      return;
    }
    const { context, next } = decision;
    if (hasMembership(context)) await this.writer.update(transaction, context, next);
    else await this.writer.insert(transaction, context, next);
  }
}

/** The change cannot restore a membership without a new end, which only PATCH of the membership takes. */
const HAS_ENDED = 'The membership there has ended; restore it with another valid_until at /management/memberships/.';

/** @returns whether the change concerns the medic's current hospital, which the request does not name */
function isAboutCurrent({ hospital, isAdmin }: HospitalChange): boolean {
  return hospital === undefined && isAdmin !== undefined;
}

/** @returns the type that `is_admin_membership` stands for; MEMBER if it is absent */
export function typeOf(isAdmin: boolean | null | undefined): MembershipType {
  return isAdmin === true ? MembershipType.ADMIN : MembershipType.MEMBER;
}
