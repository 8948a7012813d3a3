import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { UnauthorizedMedic } from '../access/access.errors.js';
import { canAdminister, mayChooseHospital, mayRemove } from '../access/policy.js';
import { lockRight } from '../access/rights.sql.js';
import { lockActiveAccount } from '../auth/active-account.js';
import type { CurrentMedic } from '../auth/current-medic.decorator.js';
import { InvalidFields, NotFound } from '../common/errors.js';
import { actorOf } from '../database/actor.js';
import { inTransaction, type Companion, type Transaction } from '../database/transaction.js';
import type { MembershipRow } from './dto/membership.response.js';
import { MembershipAlreadyExists } from './membership.errors.js';
import {
  firstState,
  isLive,
  nextState,
  requireSamePair,
  type MembershipChange,
  type MembershipContext,
  type MembershipKey,
  type MembershipUpdate,
  type NewMembership,
  type StoredMembership,
} from './membership.js';
import type { MembershipStore, RequireVersion } from './membership-store.js';
import { MembershipWriter } from './membership-writer.js';

/** A {@link MembershipStore} that locks, reads, decides by the rules and writes, in one transaction. */
@Injectable()
export class TransactionalMembershipStore implements MembershipStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly writer: MembershipWriter,
  ) {}

  create(
    caller: CurrentMedic,
    key: MembershipKey,
    wanted: NewMembership,
    companion?: Companion<MembershipRow>,
  ): Promise<MembershipRow> {
    const work = async (transaction: Transaction) => {
      const [, right, context] = await Promise.all([
        this.writer.lockMedic(transaction, key.medicId),
        lockRight(transaction, caller.id, key.hospitalId),
        this.writer.findContextOf(transaction, caller.id, key),
      ]);
      if (!canAdminister(right)) throw new UnauthorizedMedic();
      if (context === null) throw new InvalidFields({ medic: ['There is no medic with this id.'] });
      if (context.current !== null) throw new MembershipAlreadyExists(context.current.id);
      const next = firstState(wanted, context, mayChooseHospital(caller.id, context));
      return transaction.commitWith(() => this.writer.insert(transaction, context, next));
    };
    return inTransaction(this.dataSource, actorOf(caller), work, companion);
  }

  update(
    caller: CurrentMedic,
    id: number,
    update: MembershipUpdate,
    requireVersion?: RequireVersion,
  ): Promise<MembershipRow> {
    const check = (context: MembershipContext<StoredMembership>) => {
      if (!canAdminister(context.right)) throw new UnauthorizedMedic();
      requireSamePair(context, update);
    };
    return this.change(caller, id, update, check, requireVersion);
  }

  remove(caller: CurrentMedic, id: number, requireVersion?: RequireVersion): Promise<MembershipRow> {
    const check = (context: MembershipContext<StoredMembership>) => {
      if (!mayRemove(caller.id, context)) throw new UnauthorizedMedic();
      const { current, right } = context;
      if (current.isDeleted || !(canAdminister(right) || isLive(current, context.now))) throw new NotFound();
    };
    return this.change(caller, id, { isDeleted: true }, check, requireVersion);
  }

  /** @param check throws if the caller may not make the change */
  private change(
    caller: CurrentMedic,
    id: number,
    change: MembershipChange,
    check: (context: MembershipContext<StoredMembership>) => void,
    requireVersion?: RequireVersion,
  ): Promise<MembershipRow> {
    return inTransaction(this.dataSource, actorOf(caller), async (transaction) => {
      const [, , context, current] = await Promise.all([
        this.writer.lockPair(transaction, id),
        lockActiveAccount(transaction, caller.id),
        this.writer.findContext(transaction, caller.id, id),
        requireVersion && this.writer.findRow(transaction, id),
      ]);
      check(context);
      if (current !== undefined) requireVersion?.(current);
      const next = nextState(context.current, change, context, mayChooseHospital(caller.id, context));
      return transaction.commitWith(() => this.writer.update(transaction, context, next));
    });
  }
}
