import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { lockActiveAccount } from '../auth/active-account.js';
import { AccountLimits } from '../auth/account-limits.js';
import type { CurrentMedic } from '../auth/current-medic.decorator.js';
import { NotFound } from '../common/errors.js';
import { actorOf } from '../database/actor.js';
import { readPage, type Slice, type ListSql, type PageOfRows } from '../database/page.js';
import { Reads } from '../database/reads.js';
import { ON_PRIMARY } from '../database/standby.js';
import type { Statements } from '../database/statements.js';
import { inTransaction, type Companion, type Transaction } from '../database/transaction.js';
import { UnauthorizedMedic } from '../access/access.errors.js';
import { canAdminister } from '../access/policy.js';
import { live, lockRight, SHOWS_HOSPITAL } from '../access/rights.sql.js';
import { firstState } from '../memberships/membership.js';
import { MembershipType } from '../memberships/membership.entity.js';
import { MembershipWriter } from '../memberships/membership-writer.js';
import { HOSPITAL_COLUMNS, type HospitalRow } from './dto/hospital.response.js';
import type { CreateHospitalDto, UpdateHospitalDto } from './dto/hospital.dtos.js';
import { Hospital } from './hospital.entity.js';
import { hospitalColumnsOf } from './hospital.columns.js';
import { PicturesService } from './pictures.service.js';

const OF_CALLER = `FROM membership s JOIN hospital h ON h.id = s.hospital_id
  WHERE s.medic_id = $1 AND ${live('s')}`;

const SHOWN_TO_CALLER = `${OF_CALLER} AND ${SHOWS_HOSPITAL}`;

/** A medic has at most one membership of a hospital, so `hospital_id` is unique in the list. */
const LIST: ListSql = {
  columns: HOSPITAL_COLUMNS,
  source: 'membership s JOIN hospital h ON h.id = s.hospital_id AND s.medic_id = $1',
  id: 's.hospital_id',
  from: SHOWN_TO_CALLER,
};

/** Hospitals from the point of view of their members. */
@Injectable()
export class HospitalsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly reads: Reads,
    private readonly writer: MembershipWriter,
    private readonly pictures: PicturesService,
    private readonly limits: AccountLimits,
  ) {}

  /**
   * @returns a slice, ordered by id, of the hospitals that the live memberships of the caller show, and the total count
   */
  list(caller: CurrentMedic, slice: Slice): Promise<PageOfRows<HospitalRow>> {
    return readPage(this.reads.onReplica(caller), LIST, [caller.id], slice);
  }

  /** @throws NotFound the hospital does not exist, or no live membership of the caller shows it */
  get(caller: CurrentMedic, id: number): Promise<HospitalRow> {
    return this.read(this.reads, `${SHOWN_TO_CALLER} AND ${ON_PRIMARY}`, caller, id);
  }

  /**
   * Reads a hospital that the caller has just written. A MEMBER who creates an inactive hospital sees it only in this
   * response.
   */
  private getWritten(transaction: Transaction, caller: CurrentMedic, id: number): Promise<HospitalRow> {
    return this.read(transaction, OF_CALLER, caller, id);
  }

  private async read(on: Statements, from: string, caller: CurrentMedic, id: number): Promise<HospitalRow> {
    const row = await this.find(on, from, caller, id);
    if (row === undefined) throw new NotFound();
    return row;
  }

  private async find(on: Statements, from: string, caller: CurrentMedic, id: number): Promise<HospitalRow | undefined> {
    const [row] = await on.query<HospitalRow>(`SELECT ${HOSPITAL_COLUMNS} ${from} AND h.id = $2`, [caller.id, id]);
    return row;
  }

  /**
   * Creates a hospital with the caller as its first member.
   * @param companion stores the response in the same transaction
   * @throws InvalidToken the caller's account was closed after the key was checked
   * @throws TooManyRequests the caller's account has created too many hospitals or pictures
   */
  async create(
    caller: CurrentMedic,
    input: CreateHospitalDto,
    companion?: Companion<HospitalRow>,
  ): Promise<HospitalRow> {
    await this.limits.countCreation(caller, 'hospitals');
    await this.countPictures(caller, input);
    const work = async (transaction: Transaction) => {
      const { is_admin: isAdmin = true, ...fields } = input;
      const [, inserted] = await Promise.all([
        lockActiveAccount(transaction, caller.id),
        transaction.manager.insert(Hospital, hospitalColumnsOf(fields)),
      ]);
      const { id } = inserted.identifiers[0] as { id: number };
      await this.setPictures(transaction, id, input);
      const context = await this.writer.findContextOf(transaction, caller.id, { medicId: caller.id, hospitalId: id });
      if (context === null) throw new NotFound();
      const type = isAdmin ? MembershipType.ADMIN : MembershipType.MEMBER;
      const next = firstState({ type, isActive: undefined }, context, true);
      const [, hospital] = await transaction.commitWith(() =>
        Promise.all([this.writer.insert(transaction, context, next), this.getWritten(transaction, caller, id)]),
      );
      return hospital;
    };
    return inTransaction(this.dataSource, actorOf(caller), work, companion);
  }

  /**
   * Changes the fields that are present.
   * @param requireVersion is called with the locked hospital, once the right is checked, and throws if it is not the
   *   version that the caller has seen
   * @throws UnauthorizedMedic the caller is not, or is no longer, an ADMIN of the hospital
   * @throws TooManyRequests the caller's account has stored too many pictures
   */
  async update(
    caller: CurrentMedic,
    id: number,
    input: UpdateHospitalDto,
    requireVersion?: (current: HospitalRow) => void,
  ): Promise<HospitalRow> {
    await this.countPictures(caller, input);
    return inTransaction(this.dataSource, actorOf(caller), async (transaction) => {
      const [, right, current] = await Promise.all([
        this.writer.lockHospital(transaction, id),
        lockRight(transaction, caller.id, id),
        requireVersion && this.find(transaction, OF_CALLER, caller, id),
      ]);
      if (!canAdminister(right)) throw new UnauthorizedMedic();
      if (current !== undefined) requireVersion?.(current);
      const columns = hospitalColumnsOf(input);
      if (Object.keys(columns).length > 0) await transaction.manager.update(Hospital, { id }, columns);
      await this.setPictures(transaction, id, input);
      return transaction.commitWith(() => this.getWritten(transaction, caller, id));
    });
  }

  private countPictures(caller: CurrentMedic, { picture, university_logo: logo }: UpdateHospitalDto): Promise<void> {
    return this.limits.countCreation(caller, 'pictures', [picture, logo].filter((content) => content != null).length);
  }

  private async setPictures({ manager }: Transaction, id: number, input: UpdateHospitalDto): Promise<void> {
    await this.pictures.set(manager, id, 'picture', input.picture);
    await this.pictures.set(manager, id, 'university_logo', input.university_logo);
  }
}
