import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AccountLimits } from '../auth/account-limits.js';
import type { CurrentMedic } from '../auth/current-medic.decorator.js';
import { InvalidFields, NotFound, type FieldErrors } from '../common/errors.js';
import { actorOf } from '../database/actor.js';
import { inTransaction } from '../database/transaction.js';
import type { CreateMembershipDto } from './dto/create-membership.dto.js';
import type { CreatedMembershipResponse, MembershipResponse } from './dto/membership.response.js';
import type { UpdateMembershipDto } from './dto/update-membership.dto.js';
import { UnauthorizedMedic } from '../access/access.errors.js';
import { canAdminister, mayChooseHospital, mayRemove } from '../access/policy.js';
import { lockRight } from '../access/rights.sql.js';
import { MembershipWriter } from './membership-writer.js';
import { MembershipAlreadyExists } from './membership.errors.js';
import {
  firstState,
  nextState,
  type MembershipChange,
  type MembershipContext,
  type MembershipKey,
  type StoredMembership,
} from './membership-rules.js';
import { MembershipType } from './membership.entity.js';
import { SingleStatementWrites } from './single-statement-writes.js';

/** Adds, changes and removes memberships; each write is authorised in its own transaction. */
@Injectable()
export class MembershipsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly writer: MembershipWriter,
    private readonly single: SingleStatementWrites,
    private readonly limits: AccountLimits,
  ) {}

  /**
   * @throws UnauthorizedMedic the caller is not an ADMIN of the hospital
   * @throws InvalidFields there is no such medic
   * @throws MembershipAlreadyExists rule 1
   * @throws ActiveHospitalAlreadyChosen rule 4
   * @throws TooManyRequests the caller's account has created too many
   */
  async create(caller: CurrentMedic, input: CreateMembershipDto): Promise<CreatedMembershipResponse> {
    const { medic: medicId, hospital: hospitalId, type_membership: type = MembershipType.MEMBER } = input;
    await this.limits.countCreation(caller, 'memberships');
    const pair = { medicId, hospitalId };
    const id =
      (input.is_active === undefined ? await this.single.tryInsert(caller.id, pair, type) : null) ??
      (await this.createCarefully(caller, pair, { type, isActive: input.is_active }));
    return { id, medic: medicId, hospital: hospitalId, type_membership: type };
  }

  /** Finds out what stands in the way of a creation, or that nothing does any more. */
  private createCarefully(
    caller: CurrentMedic,
    pair: MembershipKey,
    wanted: { type: MembershipType; isActive: boolean | undefined },
  ): Promise<number> {
    return inTransaction(this.dataSource, actorOf(caller), async (transaction) => {
      const [, right, context] = await Promise.all([
        this.writer.lockMedic(transaction, pair.medicId),
        lockRight(transaction, caller.id, pair.hospitalId),
        this.writer.findContextOf(transaction, caller.id, pair),
      ]);
      if (!canAdminister(right)) throw new UnauthorizedMedic();
      if (context === null) throw new InvalidFields({ medic: ['There is no medic with this id.'] });
      if (context.current !== null) throw new MembershipAlreadyExists(context.current.id);
      const next = firstState(wanted, context, mayChooseHospital(caller.id, context));
      return transaction.commitWith(() => this.writer.insert(transaction, context, next));
    });
  }

  /**
   * @throws NotFound there is no such membership
   * @throws UnauthorizedMedic the caller is not an ADMIN of its hospital
   * @throws InvalidFields it would become that of another medic or hospital
   * @throws LastAdminOfHospital rule 2; MembershipIsDeleted; ActiveHospitalAlreadyChosen rule 4
   */
  async update(caller: CurrentMedic, id: number, input: UpdateMembershipDto): Promise<MembershipResponse> {
    const type = typeAloneOf(input);
    return (
      (type === undefined ? null : await this.single.trySetType(caller.id, id, type)) ??
      (await this.updateCarefully(caller, id, input))
    );
  }

  /** Finds out what stands in the way of a change, or makes it. */
  private updateCarefully(caller: CurrentMedic, id: number, input: UpdateMembershipDto): Promise<MembershipResponse> {
    const { type_membership: type, is_active: isActive, is_deleted: isDeleted } = input;
    return this.change(caller, id, { type, isActive, isDeleted }, (context) => {
      if (!canAdminister(context.right)) throw new UnauthorizedMedic();
      refuseMove(context, input);
    });
  }

  /**
   * Deletes a membership for its hospital's ADMIN, or for its medic who leaves.
   * @throws NotFound there is no such membership, or it is deleted already
   * @throws UnauthorizedMedic the caller is neither
   * @throws LastAdminOfHospital rule 2
   */
  remove(caller: CurrentMedic, id: number): Promise<MembershipResponse> {
    return this.change(caller, id, { isDeleted: true }, (context) => {
      if (!mayRemove(caller.id, context)) throw new UnauthorizedMedic();
      if (context.current.isDeleted) throw new NotFound();
    });
  }

  /** @param check throws where the caller may not do it, or it cannot be done */
  private change(
    caller: CurrentMedic,
    id: number,
    change: MembershipChange,
    check: (context: MembershipContext<StoredMembership>) => void,
  ) {
    return inTransaction(this.dataSource, actorOf(caller), async (transaction) => {
      const [, context] = await Promise.all([
        this.writer.lockPair(transaction, id),
        this.writer.findContext(transaction, caller.id, id),
      ]);
      check(context);
      const next = nextState(context.current, change, context, mayChooseHospital(caller.id, context));
      return transaction.commitWith(() => this.writer.update(transaction, context, next));
    });
  }
}

/** @returns the type, where nothing else is to change */
function typeAloneOf({ type_membership: type, ...others }: UpdateMembershipDto): MembershipType | undefined {
  return Object.values<unknown>(others).every((value) => value === undefined) ? type : undefined;
}

function refuseMove(
  pair: MembershipKey,
  { medic = pair.medicId, hospital = pair.hospitalId }: UpdateMembershipDto,
): void {
  const errors: FieldErrors = {};
  const sentence = 'Cannot be changed; create another membership and remove this one.';
  if (medic !== pair.medicId) errors['medic'] = [sentence];
  if (hospital !== pair.hospitalId) errors['hospital'] = [sentence];
  if (Object.keys(errors).length > 0) throw new InvalidFields(errors);
}
