import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AccountLimits } from '../auth/account-limits.js';
import type { CurrentMedic } from '../auth/current-medic.decorator.js';
import { hashPassword } from '../auth/password.js';
import { TokensService } from '../auth/tokens.service.js';
import { DatabaseUnavailable } from '../database/database-errors.js';
import { NotFound } from '../common/errors.js';
import { actorOf } from '../database/actor.js';
import { pauseAfter } from '../database/retries.js';
import { inTransaction, type Transaction } from '../database/transaction.js';
import { canAdminister, ownsMedic, type Right } from '../access/policy.js';
import { lockRight } from '../access/rights.sql.js';
import { firstState } from '../memberships/membership-rules.js';
import { MembershipWriter } from '../memberships/membership-writer.js';
import type { CreateMedicDto, UpdateMedicDto } from './dto/medic.dtos.js';
import type { CreatedMedicResponse, MedicResponse } from './dto/medic.response.js';
import { columnsOf } from './medic.columns.js';
import { CannotAssignHospital } from './medic.errors.js';
import { Medic } from './medic.entity.js';
import { MedicHospital, typeOf } from './medic-hospital.js';
import { MedicsReader } from './medics.reader.js';
import { insertMedic } from './new-medic.js';

/** How often a change is tried anew. */
const ATTEMPTS = 10;

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
   * Creates a medic with a key and, where `hospital` is given, a membership there: all or nothing.
   * @param right the caller's at `hospital` when the request came
   * @throws CannotAssignHospital the caller is not an ADMIN of `hospital`
   * @throws EmailTaken
   * @throws TooManyRequests the caller's account has created too many
   */
  async create(caller: CurrentMedic, input: CreateMedicDto, right: Right): Promise<CreatedMedicResponse> {
    const { hospital: hospitalId = null } = input;
    // A hash costs much; only those who may create the medic have one made.
    if (hospitalId !== null && !canAdminister(right)) throw new CannotAssignHospital(hospitalId);
    await this.limits.countCreation(caller, 'medics');
    const passwordHash = await hashPassword(input.password);
    return inTransaction(this.dataSource, actorOf(caller), async (transaction) => {
      if (hospitalId !== null && !canAdminister(await lockRight(transaction, caller.id, hospitalId)))
        throw new CannotAssignHospital(hospitalId);
      const { name, email } = input;
      const columns = { ...columnsOf(input), name, email, passwordHash, createdById: caller.id };
      const medicId = await insertMedic(transaction, columns);
      const [, token, medic] = await transaction.commitWith(() =>
        Promise.all([
          hospitalId === null ? null : this.addFirst(transaction, medicId, hospitalId, input.is_admin_membership),
          this.tokens.issue(transaction, medicId, { label: 'created' }),
          this.reader.get(caller, medicId, transaction),
        ]),
      );
      return { ...medic, token };
    });
  }

  /**
   * @throws NotFound the caller is neither the medic nor its creator
   * @throws CannotAssignHospital, InvalidFields, LastAdminOfHospital as {@link MedicHospital}
   * @throws TooManyRequests the caller's account has sent too many emails
   * @throws DatabaseUnavailable the medic's current hospital changes all the time
   */
  async update(caller: CurrentMedic, id: number, input: UpdateMedicDto): Promise<MedicResponse> {
    // Whether an email is taken can be asked by a change as well.
    if (input.email !== undefined) await this.limits.countCreation(caller, 'emails');
    // Each further attempt follows a change that somebody else has stored meanwhile.
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const medic = await inTransaction(this.dataSource, actorOf(caller), (transaction) =>
        this.tryUpdate(transaction, caller, id, input),
      );
      if (medic !== null) return medic;
      if (attempt < ATTEMPTS) await pauseAfter(attempt);
    }
    throw new DatabaseUnavailable();
  }

  /** As {@link update}. @returns null where nothing was done, because the medic's hospital, or a right there, changed meanwhile */
  private async tryUpdate(transaction: Transaction, caller: CurrentMedic, id: number, input: UpdateMedicDto) {
    const wish = { hospital: input.hospital, isAdmin: input.is_admin_membership ?? undefined };
    const hospitalId = await this.hospitals.find(transaction, id, wish);
    const [isLocked, medic, context, found] = await Promise.all([
      hospitalId === null || this.writer.lockHospitalOf(transaction, caller.id, { medicId: id, hospitalId }),
      this.writer.lockMedic(transaction, id),
      hospitalId === null ? null : this.writer.findContextOf(transaction, caller.id, { medicId: id, hospitalId }),
      this.hospitals.find(transaction, id, wish),
    ]);
    if (medic === null || !ownsMedic(caller.id, medic)) throw new NotFound();
    if (found !== hospitalId) return null;
    this.hospitals.requireRight(context, wish);
    // A right that was given only after the hospital had been left alone.
    if (!isLocked) return null;
    // Before what the hospital decides: a taken email is a matter of the fields, which come before conflicts.
    const columns = columnsOf(input);
    if (Object.keys(columns).length > 0) await transaction.manager.update(Medic, { id }, columns);
    const decided = context && { context, next: this.hospitals.decide(context, wish) };
    const [, updated] = await transaction.commitWith(() =>
      Promise.all([this.hospitals.store(transaction, id, decided, wish), this.reader.get(caller, id, transaction)]),
    );
    return updated;
  }

  /** The first membership of a medic that has just been created is the active one. */
  private addFirst(transaction: Transaction, medicId: number, hospitalId: number, isAdmin: boolean | null | undefined) {
    const context = { medicId, hospitalId, otherLive: false, otherActive: false, otherAdmin: true };
    return this.writer.insert(
      transaction,
      context,
      firstState({ type: typeOf(isAdmin), isActive: undefined }, context, true),
    );
  }
}
