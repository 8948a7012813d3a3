import { Injectable } from '@nestjs/common';
import { InvalidFields } from '../common/errors.js';
import type { Transaction } from '../database/transaction.js';
import { mayAssign, showsHospital } from '../access/policy.js';
import { live } from '../access/rights.sql.js';
import {
  firstState,
  nextState,
  type MembershipContext,
  type MembershipState,
} from '../memberships/membership-rules.js';
import { MembershipType } from '../memberships/membership.entity.js';
import { hasMembership, liveTypeOf, MembershipWriter } from '../memberships/membership-writer.js';
import { CannotAssignHospital } from './medic.errors.js';

/** The active hospital and the right there that a request asks for; null clears the choice. */
export interface HospitalWish {
  readonly hospital: number | null | undefined;
  readonly isAdmin: boolean | undefined;
}

/**
 * The fields `hospital` and `is_admin_membership` of a medic (section 6 of the contract), as the medic or
 * its creator sends them: both may change the choice of active hospital.
 */
@Injectable()
export class MedicHospital {
  constructor(private readonly writer: MembershipWriter) {}

  /** @returns the id of the hospital that a wish is about, or null where it is about none */
  async find(transaction: Transaction, medicId: number, wish: HospitalWish): Promise<number | null> {
    if (!isAboutCurrent(wish)) return wish.hospital ?? null;
    const [row] = await transaction.query<{ hospital_id: number }>(
      `SELECT hospital_id FROM membership WHERE medic_id = $1 AND is_active AND ${live()}`,
      [medicId],
    );
    return row?.hospital_id ?? null;
  }

  /**
   * @param context that of the medic at the hospital that {@link find} returned
   * @throws CannotAssignHospital the caller has not the right that the wish needs
   * @throws InvalidFields a type is wished for, but there is no current hospital
   */
  requireRight(context: MembershipContext | null, wish: HospitalWish): void {
    if (context === null) {
      if (wish.isAdmin === undefined) return;
      throw new InvalidFields({ is_admin_membership: ['The medic has no current hospital.'] });
    }
    const present = liveTypeOf(context);
    const wanted = wish.isAdmin === undefined ? undefined : typeOf(wish.isAdmin);
    const isNameable = isAboutCurrent(wish) || showsHospital(present, context.isHospitalActive === true);
    if (!mayAssign(context.right, { present, wanted, isNameable })) throw new CannotAssignHospital(context.hospitalId);
  }

  /** @returns how the membership of the context becomes. @throws LastAdminOfHospital rule 2 of section 3 */
  decide(context: MembershipContext, wish: HospitalWish): MembershipState {
    const isActive = wish.hospital === undefined ? undefined : true;
    if (!hasMembership(context)) return firstState({ type: typeOf(wish.isAdmin), isActive }, context, true);
    const type = wish.isAdmin === undefined ? undefined : typeOf(wish.isAdmin);
    return nextState(context.current, { type, isActive, isDeleted: false }, context, true);
  }

  /** Carries a wish out, as it was decided. */
  async store(
    transaction: Transaction,
    medicId: number,
    decided: { context: MembershipContext; next: MembershipState } | null,
    wish: HospitalWish,
  ): Promise<void> {
    if (decided === null) {
      if (wish.hospital === null) await this.writer.clearChoice(transaction, medicId);
    } else if (hasMembership(decided.context)) await this.writer.update(transaction, decided.context, decided.next);
    else await this.writer.insert(transaction, decided.context, decided.next);
  }
}

/** @returns whether a wish is about whatever hospital is the medic's current one */
export function isAboutCurrent({ hospital, isAdmin }: HospitalWish): boolean {
  return hospital === undefined && isAdmin !== undefined;
}

/** @returns the type that `is_admin_membership` stands for; MEMBER where it is absent */
export function typeOf(isAdmin: boolean | null | undefined): MembershipType {
  return isAdmin === true ? MembershipType.ADMIN : MembershipType.MEMBER;
}
