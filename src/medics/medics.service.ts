import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { lockActiveAccount } from '../auth/active-account.js';
import { AccountLimits } from '../auth/account-limits.js';
import { InvalidToken } from '../auth/auth.errors.js';
import type { CurrentMedic } from '../auth/current-medic.decorator.js';
import { hashPassword } from '../auth/password.js';
import { TokensService } from '../auth/tokens.service.js';
import { NotFound } from '../common/errors.js';
import { actorOf } from '../database/actor.js';
import { OutdatedRead } from '../database/retries.js';
import { inTransaction, type Companion, type Transaction } from '../database/transaction.js';
import { canAdminister, ownsMedic, type Right } from '../access/policy.js';
import { lockRight } from '../access/rights.sql.js';
import { firstState, NO_OTHERS } from '../memberships/membership.js';
import { MembershipWriter } from '../memberships/membership-writer.js';
import type { IfMatch } from '../http/input/if-match.js';
import type { CreateMedicDto, UpdateMedicDto } from './dto/medic.dtos.js';
import type { CreatedMedicResponse, MedicResponse } from './dto/medic.response.js';
import { medicColumnsOf } from './medic.columns.js';
import { CannotAssignHospital } from './medic.errors.js';
import { Medic } from './medic.entity.js';
import { MedicHospital, typeOf } from './medic-hospital.js';
import { MedicsReader } from './medics.reader.js';
import { insertMedic } from './new-medic.js';

/** Creates and changes medics. */
@Injectable()
export class MedicsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly reader: MedicsReader,
    private readonly tokens: TokensService,
    private readonly writer: MembershipWriter,
    private readonly hospitals: MedicHospital,
    private readonly limits: AccountLimits,
  ) {}

  /**
   * Creates a medic with a key and, if `hospital` is given, a membership there: all or nothing.
   * @param right of the caller at `hospital` when the request arrived
   * @param companion stores the response in the same transaction
   * @throws CannotAssignHospital the caller is not an ADMIN of `hospital`
   * @throws InvalidToken the caller's account was closed after the key was checked
   * @throws EmailTaken another medic has the email
   * @throws TooManyRequests the caller's account has created too many medics
   */
  async create(
    caller: CurrentMedic,
    input: CreateMedicDto,
    right: Right,
    companion?: Companion<CreatedMedicResponse>,
  ): Promise<CreatedMedicResponse> {
    const { hospital: hospitalId = null } = input;
    // Hashing is expensive, so the right is checked first.
    if (hospitalId !== null && !canAdminister(right)) throw new CannotAssignHospital(hospitalId);
    await this.limits.countCreation(caller, 'medics');
    const passwordHash = await hashPassword(input.password);
    const work = async (transaction: Transaction) => {
      if (hospitalId !== null && !canAdminister(await lockRight(transaction, caller.id, hospitalId)))
        throw new CannotAssignHospital(hospitalId);
      const { name, email } = input;
      const columns = { ...medicColumnsOf(input), name, email, passwordHash, createdById: caller.id };
      const [, medicId] = await Promise.all([
        // The right is held together with the account.
        hospitalId === null && lockActiveAccount(transaction, caller.id),
        insertMedic(transaction, columns),
      ]);
      const [, token, medic] = await transaction.commitWith(() =>
        Promise.all([
          hospitalId === null ? null : this.addFirst(transaction, medicId, hospitalId, input.is_admin_membership),
          this.tokens.issue(transaction, medicId, { label: 'created' }),
          this.reader.get(caller, medicId, transaction),
        ]),
      );
      return { ...medic, token };
    };
    return inTransaction(this.dataSource, actorOf(caller), work, companion);
  }

  /**
   * Changes the fields that are present.
   * @throws NotFound the caller is neither the medic nor its creator
   * @throws InvalidToken the caller's account was closed after the key was checked
   * @throws PreconditionFailed the medic is not the version of `ifMatch`
   * @throws CannotAssignHospital, InvalidFields, LastAdminOfHospital see {@link MedicHospital}
   * @throws EmailTaken another medic has the email
   * @throws TooManyRequests the caller's account has sent too many emails
   * @throws OutdatedRead the medic's current hospital keeps changing
   */
  async update(caller: CurrentMedic, id: number, input: UpdateMedicDto, ifMatch?: IfMatch): Promise<MedicResponse> {
    // A change of the email reveals whether it is taken, like a search.
    if (input.email !== undefined) await this.limits.countCreation(caller, 'emails');
    const change = { hospital: input.hospital, isAdmin: input.is_admin_membership ?? undefined };
    return inTransaction(this.dataSource, actorOf(caller), async (transaction) => {
      // The hospital is locked before the medic, so it must be known before the medic is locked.
      const hospitalId = await this.hospitals.findId(transaction, id, change);
      const key = hospitalId === null ? null : { medicId: id, hospitalId };
      const [isLocked, , medic, context, lockedHospitalId, current] = await Promise.all([
        key === null || this.writer.lockHospitalOf(transaction, caller.id, key),
        // The creator before the medic, which could delay its own deactivation otherwise, by writes about its creator.
        id !== caller.id && lockActiveAccount(transaction, caller.id),
        this.writer.lockMedic(transaction, id),
        key === null ? null : this.writer.findContextOf(transaction, caller.id, key),
        this.hospitals.findId(transaction, id, change),
        ifMatch && this.reader.get(caller, id, transaction),
      ]);
      if (medic === null || !ownsMedic(caller.id, medic)) throw new NotFound();
      if (id === caller.id && !medic.isActive) throw new InvalidToken();
      if (lockedHospitalId !== hospitalId) throw new OutdatedRead();
      this.hospitals.requireRight(context, change);
      // The caller gained the right after the hospital's lock was skipped.
      if (!isLocked) throw new OutdatedRead();
      if (current !== undefined) ifMatch?.require(current);
      // Before the rules of memberships, because the contract refuses fields (a taken email) before state.
      const columns = medicColumnsOf(input);
      if (Object.keys(columns).length > 0) await transaction.manager.update(Medic, { id }, columns);
      const decision = context && this.hospitals.decide(context, change);
      const [, updated] = await transaction.commitWith(() =>
        Promise.all([
          this.hospitals.store(transaction, id, decision, change),
          this.reader.get(caller, id, transaction),
        ]),
      );
      return updated;
    });
  }

  /** Stores the first membership of a new medic. */
  private addFirst(transaction: Transaction, medicId: number, hospitalId: number, isAdmin: boolean | null | undefined) {
    const next = firstState({ type: typeOf(isAdmin), isActive: undefined }, NO_OTHERS, true);
    return this.writer.insert(transaction, { medicId, hospitalId, ...NO_OTHERS }, next);
  }
}
