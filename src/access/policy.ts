import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/transaction.js';
import { UnauthorizedMedic } from './access.errors.js';
import { MembershipType } from '../memberships/membership.entity.js';

/**
 * @param medic, hospital SQL for their ids
 * @returns SQL for the medic's right at the hospital by a live membership, null without one
 */
export function rightAt(medic: string, hospital: string): string {
  return `(SELECT r.type FROM membership r
    WHERE r.medic_id = ${medic} AND r.hospital_id = ${hospital} AND NOT r.is_deleted)`;
}

/**
 * @param medic, hospital SQL for their ids
 * @returns SQL that ends a `FROM`: the live membership `r` by which the medic is an ADMIN of the hospital. It stays
 *   until the transaction ends, and is read as it is now, even if a statement's snapshot is older than its locks.
 */
export function adminshipHeld(medic: string, hospital: string): string {
  return `membership r WHERE r.medic_id = ${medic} AND r.hospital_id = ${hospital}
    AND r.type = 'ADMIN' AND NOT r.is_deleted FOR SHARE OF r`;
}

/**
 * @param medic, hospital SQL for their ids
 * @returns SQL as that of {@link adminshipHeld}, for a medic whose account is active and stays so: an ADMIN who can
 *   act, as rule 2 counts them
 */
export function actingAdminshipHeld(medic: string, hospital: string): string {
  return `membership r JOIN medic acting ON acting.id = r.medic_id AND acting.is_active
    WHERE r.medic_id = ${medic} AND r.hospital_id = ${hospital}
    AND r.type = 'ADMIN' AND NOT r.is_deleted FOR SHARE OF acting, r`;
}

/**
 * SQL for {@link showsHospital}: the live membership `s` shows the hospital `h` to its medic. An inactive hospital is
 * hidden from its MEMBERs (section 4 of the contract).
 */
export const SHOWS_HOSPITAL = `(h.is_active OR s.type = 'ADMIN')`;

/**
 * @param right the medic's right at the hospital by a live membership, null without one
 * @returns whether the hospital exists for the medic
 */
export function showsHospital(right: MembershipType | null, isHospitalActive: boolean): boolean {
  return right === MembershipType.ADMIN || (right !== null && isHospitalActive);
}

/** @throws UnauthorizedMedic the right is not that of an ADMIN */
export function requireAdmin(right: MembershipType | null): void {
  if (right !== MembershipType.ADMIN) throw new UnauthorizedMedic();
}

/** The one place that decides who may administer or use a hospital. Nothing that it allows is kept. */
@Injectable()
export class HospitalAccess {
  /**
   * @returns the medic's right at the hospital by a live membership, or null without one. It stays as it is
   *   until the transaction ends: whoever takes it away waits, and where somebody has just done so, it is not found.
   */
  async lockRight(transaction: Transaction, medicId: number, hospitalId: number): Promise<MembershipType | null> {
    const [right] = await transaction.query<{ type: MembershipType }>(
      'SELECT type FROM membership WHERE medic_id = $1 AND hospital_id = $2 AND NOT is_deleted FOR SHARE',
      [medicId, hospitalId],
    );
    return right?.type ?? null;
  }
}
