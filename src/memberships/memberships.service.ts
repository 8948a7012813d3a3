import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { CurrentMedic } from '../auth/current-medic.decorator.js';
import { InvalidFields, NotFound, type FieldErrors } from '../common/domain-error.js';
import { inTransaction } from '../database/transaction.js';
import type { CreateMembershipDto } from './dto/create-membership.dto.js';
import type { CreatedMembershipResponse, MembershipResponse } from './dto/membership.response.js';
import type { UpdateMembershipDto } from './dto/update-membership.dto.js';
import { HospitalAccess } from './hospital-access.js';
import { MembershipWriter, type LockedPair } from './membership-writer.js';
import { UnauthorizedMedic } from './membership.errors.js';
import { MembershipType } from './membership.entity.js';

/** Adds, changes and removes memberships; each write is authorised in its own transaction. */
@Injectable()
export class MembershipsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly access: HospitalAccess,
    private readonly writer: MembershipWriter,
  ) {}

  /**
   * @throws UnauthorizedMedic the caller is not an ADMIN of the hospital
   * @throws InvalidFields there is no such medic
   * @throws MembershipAlreadyExists rule 1
   * @throws ActiveHospitalAlreadyChosen rule 4
   */
  create(caller: CurrentMedic, input: CreateMembershipDto): Promise<CreatedMembershipResponse> {
    return inTransaction(this.dataSource, async (manager) => {
      const medic = await this.writer.lockMedic(manager, input.medic);
      await this.access.lockAdminOf(manager, caller.id, input.hospital);
      if (medic === null) throw new InvalidFields({ medic: ['There is no medic with this id.'] });
      const { medic: medicId, hospital: hospitalId, type_membership: type = MembershipType.MEMBER } = input;
      const wanted = { type, isActive: input.is_active };
      const id = await this.writer.add(manager, { ...medic, hospitalId }, wanted, mayChoose(caller, medic));
      return { id, medic: medicId, hospital: hospitalId, type_membership: type };
    });
  }

  /**
   * @throws NotFound there is no such membership
   * @throws UnauthorizedMedic the caller is not an ADMIN of its hospital
   * @throws InvalidFields it would become that of another medic or hospital
   * @throws LastAdminOfHospital rule 2; MembershipIsDeleted; ActiveHospitalAlreadyChosen rule 4
   */
  update(caller: CurrentMedic, id: number, input: UpdateMembershipDto): Promise<MembershipResponse> {
    return inTransaction(this.dataSource, async (manager) => {
      const pair = await this.lock(manager, id);
      await this.access.lockAdminOf(manager, caller.id, pair.hospitalId);
      refuseMove(pair, input);
      const { type_membership: type, is_active: isActive, is_deleted: isDeleted } = input;
      return this.writer.change(manager, pair, { type, isActive, isDeleted }, mayChoose(caller, pair));
    });
  }

  /**
   * Deletes a membership for its hospital's ADMIN, or for its medic who leaves.
   * @throws NotFound there is no such membership, or it is deleted already
   * @throws UnauthorizedMedic the caller is neither
   * @throws LastAdminOfHospital rule 2
   */
  remove(caller: CurrentMedic, id: number): Promise<MembershipResponse> {
    return inTransaction(this.dataSource, async (manager) => {
      const pair = await this.lock(manager, id);
      const right = await this.access.lockRight(manager, caller.id, pair.hospitalId);
      if (right !== MembershipType.ADMIN && caller.id !== pair.medicId) throw new UnauthorizedMedic();
      const present = await this.writer.find(manager, pair);
      if (present?.isDeleted !== false) throw new NotFound();
      return this.writer.change(manager, pair, { isDeleted: true }, mayChoose(caller, pair));
    });
  }

  private async lock(manager: EntityManager, id: number): Promise<LockedPair> {
    const pair = await this.writer.lockPair(manager, id);
    if (pair === null) throw new NotFound();
    return pair;
  }
}

/** Rule 4: the medic, or the account that created the medic, changes the choice of active hospital. */
function mayChoose(caller: CurrentMedic, medic: { medicId: number; creatorId: number | null }): boolean {
  return caller.id === medic.medicId || caller.id === medic.creatorId;
}

function refuseMove(pair: LockedPair, { medic = pair.medicId, hospital = pair.hospitalId }: UpdateMembershipDto): void {
  const errors: FieldErrors = {};
  const sentence = 'Cannot be changed; create another membership and remove this one.';
  if (medic !== pair.medicId) errors['medic'] = [sentence];
  if (hospital !== pair.hospitalId) errors['hospital'] = [sentence];
  if (Object.keys(errors).length > 0) throw new InvalidFields(errors);
}
