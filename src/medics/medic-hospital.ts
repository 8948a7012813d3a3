import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { CurrentMedic } from '../auth/current-medic.decorator.js';
import { InvalidFields } from '../common/domain-error.js';
import { HospitalAccess } from '../memberships/hospital-access.js';
import { MembershipType } from '../memberships/membership.entity.js';
import { MembershipWriter, type LockedMedic, type LockedPair } from '../memberships/membership-writer.js';
import { CannotAssignHospital } from './medic.errors.js';

/** What a request wants of a medic's active hospital and of the right there; null clears the choice. */
export interface HospitalWish {
  readonly hospital: number | null | undefined;
  readonly isAdmin: boolean | undefined;
}

/** The fields `hospital` and `is_admin_membership` of a medic (section 6 of the contract). */
@Injectable()
export class MedicHospital {
  constructor(
    private readonly access: HospitalAccess,
    private readonly writer: MembershipWriter,
  ) {}

  /**
   * Finds and locks the hospital that a change of a medic is about. Call it before the medic is locked.
   * @returns its id, or null where the change is about none
   */
  async lock(manager: EntityManager, medicId: number, wish: HospitalWish): Promise<number | null> {
    const wanted = isAboutCurrent(wish) ? await this.current(manager, medicId) : wish.hospital;
    if (wanted === null || wanted === undefined) return null;
    await this.writer.lockHospital(manager, wanted);
    return wanted;
  }

  /**
   * @param hospitalId what {@link lock} returned
   * @returns whether the medic, who is locked by now, has got another current hospital meanwhile
   */
  async isStale(manager: EntityManager, medicId: number, hospitalId: number | null, wish: HospitalWish) {
    return isAboutCurrent(wish) && (await this.current(manager, medicId)) !== hospitalId;
  }

  /**
   * Finds what a wish of the medic, or of its creator, needs: both may change the choice of active hospital.
   * @param hospitalId what {@link lock} returned
   * @returns what carries it out, and throws LastAdminOfHospital by rule 2 of section 3
   * @throws CannotAssignHospital the caller has not the right that it needs
   * @throws InvalidFields a type is wished for, but there is no current hospital
   */
  async prepare(
    manager: EntityManager,
    caller: CurrentMedic,
    medic: LockedMedic,
    hospitalId: number | null,
    wish: HospitalWish,
  ): Promise<() => Promise<unknown>> {
    if (hospitalId !== null) return this.preparePlace(manager, caller, { ...medic, hospitalId }, wish);
    if (wish.isAdmin !== undefined)
      throw new InvalidFields({ is_admin_membership: ['The medic has no current hospital.'] });
    return async () => {
      if (wish.hospital === null) await this.writer.deactivateAll(manager, medic);
    };
  }

  /** Makes a live membership the active one and of the wished type, creating or restoring it if the caller may. */
  private async preparePlace(manager: EntityManager, caller: CurrentMedic, pair: LockedPair, wish: HospitalWish) {
    const isActive = wish.hospital === undefined ? undefined : true;
    const type = wish.isAdmin === undefined ? undefined : typeOf(wish.isAdmin);
    const present = await this.writer.find(manager, pair);
    const needsRight = present === null || present.isDeleted || (type !== undefined && type !== present.type);
    if (needsRight) await this.requireRight(manager, caller, pair.hospitalId);
    return present === null
      ? () => this.writer.add(manager, pair, { type: type ?? MembershipType.MEMBER, isActive }, true)
      : () => this.writer.change(manager, pair, { type, isActive, isDeleted: false }, true);
  }

  /** @throws CannotAssignHospital the caller is not an ADMIN there, for as long as the transaction lasts */
  async requireRight(manager: EntityManager, caller: CurrentMedic, hospitalId: number): Promise<void> {
    const right = await this.access.lockRight(manager, caller.id, hospitalId);
    if (right !== MembershipType.ADMIN) throw new CannotAssignHospital(hospitalId);
  }

  private async current(manager: EntityManager, medicId: number): Promise<number | null> {
    const [row] = await manager.query<{ hospital_id: number }[]>(
      'SELECT hospital_id FROM membership WHERE medic_id = $1 AND is_active AND NOT is_deleted',
      [medicId],
    );
    return row?.hospital_id ?? null;
  }
}

function isAboutCurrent({ hospital, isAdmin }: HospitalWish): boolean {
  return hospital === undefined && isAdmin !== undefined;
}

/** @returns the type that `is_admin_membership` stands for; MEMBER where it is absent */
export function typeOf(isAdmin: boolean | null | undefined): MembershipType {
  return isAdmin === true ? MembershipType.ADMIN : MembershipType.MEMBER;
}
