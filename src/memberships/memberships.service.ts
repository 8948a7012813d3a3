import { Inject, Injectable } from '@nestjs/common';
import { AccountLimits } from '../auth/account-limits.js';
import type { CurrentMedic } from '../auth/current-medic.decorator.js';
import type { Companion } from '../database/transaction.js';
import type { IfMatch } from '../http/input/if-match.js';
import type { CreateMembershipDto } from './dto/create-membership.dto.js';
import { toMembershipResponse, type MembershipResponse, type MembershipRow } from './dto/membership.response.js';
import type { UpdateMembershipDto } from './dto/update-membership.dto.js';
import { MEMBERSHIP_STORE, type MembershipStore, type RequireVersion } from './membership-store.js';
import { MembershipType } from './membership.entity.js';

/** Creates, changes and removes memberships. The methods throw the errors of the {@link MembershipStore}. */
@Injectable()
export class MembershipsService {
  constructor(
    @Inject(MEMBERSHIP_STORE) private readonly store: MembershipStore,
    private readonly limits: AccountLimits,
  ) {}

  /**
   * @param companion stores the response in the same transaction
   * @throws TooManyRequests the caller's account has created too many memberships
   */
  async create(
    caller: CurrentMedic,
    input: CreateMembershipDto,
    companion?: Companion<MembershipRow>,
  ): Promise<MembershipRow> {
    const { medic, hospital, type_membership: type = MembershipType.MEMBER, is_active: isActive } = input;
    const wanted = { type, isActive, validFrom: input.valid_from, validUntil: input.valid_until };
    await this.limits.countCreation(caller, 'memberships');
    return this.store.create(caller, { medicId: medic, hospitalId: hospital }, wanted, companion);
  }

  /** @throws PreconditionFailed the membership is not the version of `ifMatch` */
  async update(
    caller: CurrentMedic,
    id: number,
    input: UpdateMembershipDto,
    ifMatch?: IfMatch,
  ): Promise<MembershipResponse> {
    const update = {
      medicId: input.medic,
      hospitalId: input.hospital,
      type: input.type_membership,
      isActive: input.is_active,
      isDeleted: input.is_deleted,
      validFrom: input.valid_from,
      validUntil: input.valid_until,
    };
    return toMembershipResponse(await this.store.update(caller, id, update, versionOf(ifMatch)));
  }

  /** @throws PreconditionFailed the membership is not the version of `ifMatch` */
  async remove(caller: CurrentMedic, id: number, ifMatch?: IfMatch): Promise<MembershipResponse> {
    return toMembershipResponse(await this.store.remove(caller, id, versionOf(ifMatch)));
  }
}

/** Everybody who may write a membership gets the same object from GET. */
function versionOf(ifMatch: IfMatch | undefined): RequireVersion | undefined {
  if (ifMatch === undefined) return undefined;
  return (current) => {
    ifMatch.require(toMembershipResponse(current));
  };
}
