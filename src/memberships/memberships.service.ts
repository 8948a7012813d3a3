import { Inject, Injectable } from '@nestjs/common';
import { AccountLimits } from '../auth/account-limits.js';
import type { CurrentMedic } from '../auth/current-medic.decorator.js';
import type { CreateMembershipDto } from './dto/create-membership.dto.js';
import {
  toMembershipResponse,
  type CreatedMembershipResponse,
  type MembershipResponse,
} from './dto/membership.response.js';
import type { UpdateMembershipDto } from './dto/update-membership.dto.js';
import { MEMBERSHIP_STORE, type MembershipStore } from './membership-store.js';
import { MembershipType } from './membership.entity.js';

/** Creates, changes and removes memberships. The methods throw the errors of the {@link MembershipStore}. */
@Injectable()
export class MembershipsService {
  constructor(
    @Inject(MEMBERSHIP_STORE) private readonly store: MembershipStore,
    private readonly limits: AccountLimits,
  ) {}

  /** @throws TooManyRequests the caller's account has created too many memberships */
  async create(caller: CurrentMedic, input: CreateMembershipDto): Promise<CreatedMembershipResponse> {
    const { medic, hospital, type_membership: type = MembershipType.MEMBER, is_active: isActive } = input;
    await this.limits.countCreation(caller, 'memberships');
    const id = await this.store.create(caller, { medicId: medic, hospitalId: hospital }, { type, isActive });
    return { id, medic, hospital, type_membership: type };
  }

  async update(caller: CurrentMedic, id: number, input: UpdateMembershipDto): Promise<MembershipResponse> {
    const updated = await this.store.update(caller, id, {
      medicId: input.medic,
      hospitalId: input.hospital,
      type: input.type_membership,
      isActive: input.is_active,
      isDeleted: input.is_deleted,
    });
    return toMembershipResponse(updated);
  }

  async remove(caller: CurrentMedic, id: number): Promise<MembershipResponse> {
    return toMembershipResponse(await this.store.remove(caller, id));
  }
}
