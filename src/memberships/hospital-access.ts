import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { UnauthorizedMedic } from './membership.errors.js';
import { MembershipType } from './membership.entity.js';

/** The one place that decides who may administer or use a hospital. Nothing that it allows is kept. */
@Injectable()
export class HospitalAccess {
  /** @returns the medic's right at the hospital by a live membership, or null without one */
  findRight(manager: EntityManager, medicId: number, hospitalId: number): Promise<MembershipType | null> {
    return this.find(manager, medicId, hospitalId, '');
  }

  /** @throws UnauthorizedMedic the medic is not an ADMIN of the hospital, or there is no such hospital */
  async requireAdminOf(manager: EntityManager, medicId: number, hospitalId: number): Promise<void> {
    requireAdmin(await this.findRight(manager, medicId, hospitalId));
  }

  /**
   * As {@link findRight}, and the right stays as it is until the transaction ends: whoever takes it away
   * waits, and where somebody has just done so, it is not found. Writes are authorised by this.
   */
  lockRight(manager: EntityManager, medicId: number, hospitalId: number): Promise<MembershipType | null> {
    return this.find(manager, medicId, hospitalId, 'FOR SHARE');
  }

  /** As {@link lockRight}. @throws UnauthorizedMedic the medic is not an ADMIN of the hospital */
  async lockAdminOf(manager: EntityManager, medicId: number, hospitalId: number): Promise<void> {
    requireAdmin(await this.lockRight(manager, medicId, hospitalId));
  }

  private async find(manager: EntityManager, medicId: number, hospitalId: number, lock: string) {
    const [right] = await manager.query<{ type: MembershipType }[]>(
      `SELECT type FROM membership WHERE medic_id = $1 AND hospital_id = $2 AND NOT is_deleted ${lock}`,
      [medicId, hospitalId],
    );
    return right?.type ?? null;
  }
}

function requireAdmin(right: MembershipType | null): void {
  if (right !== MembershipType.ADMIN) throw new UnauthorizedMedic();
}
