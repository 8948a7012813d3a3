import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { CurrentMedic } from '../auth/current-medic.decorator.js';
import { NotFound } from '../common/domain-error.js';
import type { Slice } from '../common/pagination.js';
import { inTransaction } from '../database/transaction.js';
import { HospitalAccess } from '../memberships/hospital-access.js';
import { MembershipType } from '../memberships/membership.entity.js';
import { MembershipWriter } from '../memberships/membership-writer.js';
import { HOSPITAL_COLUMNS, type HospitalRow } from './dto/hospital.response.js';
import type { CreateHospitalDto, UpdateHospitalDto } from './dto/hospital.dtos.js';
import { Hospital } from './hospital.entity.js';
import { columnsOf } from './hospital.columns.js';
import { PicturesService } from './pictures.service.js';

const OF_CALLER = `FROM membership s JOIN hospital h ON h.id = s.hospital_id
  WHERE s.medic_id = $1 AND NOT s.is_deleted`;

/** Hospitals as the medics that belong to them see and edit them. */
@Injectable()
export class HospitalsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly access: HospitalAccess,
    private readonly writer: MembershipWriter,
    private readonly pictures: PicturesService,
  ) {}

  /** @returns a slice of the hospitals of the caller's live memberships, by id, and how many there are */
  async list(caller: CurrentMedic, { limit, offset }: Slice): Promise<{ count: number; hospitals: HospitalRow[] }> {
    const [rows, [{ count }]] = await Promise.all([
      this.dataSource.query<HospitalRow[]>(`SELECT ${HOSPITAL_COLUMNS} ${OF_CALLER} ORDER BY h.id LIMIT $2 OFFSET $3`, [
        caller.id,
        limit,
        offset,
      ]),
      this.dataSource.query<[{ count: number }]>(`SELECT count(*)::integer AS count ${OF_CALLER}`, [caller.id]),
    ]);
    return { count, hospitals: rows };
  }

  /** @throws NotFound the caller has no live membership there, or there is no such hospital */
  async get(caller: CurrentMedic, id: number, manager = this.dataSource.manager): Promise<HospitalRow> {
    const [row] = await manager.query<HospitalRow[]>(`SELECT ${HOSPITAL_COLUMNS} ${OF_CALLER} AND h.id = $2`, [
      caller.id,
      id,
    ]);
    if (row === undefined) throw new NotFound();
    return row;
  }

  /** Creates a hospital whose first membership is the caller's. */
  create(caller: CurrentMedic, input: CreateHospitalDto): Promise<HospitalRow> {
    return inTransaction(this.dataSource, async (manager) => {
      const { is_admin: isAdmin = true, ...fields } = input;
      const inserted = await manager.insert(Hospital, columnsOf(fields));
      const { id } = inserted.identifiers[0] as { id: number };
      const type = isAdmin ? MembershipType.ADMIN : MembershipType.MEMBER;
      await this.addCaller(manager, caller, id, type);
      await this.setPictures(manager, id, input);
      return this.get(caller, id, manager);
    });
  }

  /** @throws UnauthorizedMedic the caller is not an ADMIN of it (any more) */
  update(caller: CurrentMedic, id: number, input: UpdateHospitalDto): Promise<HospitalRow> {
    return inTransaction(this.dataSource, async (manager) => {
      await this.writer.lockHospital(manager, id);
      await this.access.lockAdminOf(manager, caller.id, id);
      const columns = columnsOf(input);
      if (Object.keys(columns).length > 0) await manager.update(Hospital, { id }, columns);
      await this.setPictures(manager, id, input);
      return this.get(caller, id, manager);
    });
  }

  private async setPictures(manager: EntityManager, id: number, input: UpdateHospitalDto): Promise<void> {
    await this.pictures.set(manager, id, 'picture', input.picture);
    await this.pictures.set(manager, id, 'university_logo', input.university_logo);
  }

  private async addCaller(manager: EntityManager, caller: CurrentMedic, hospitalId: number, type: MembershipType) {
    const medic = await this.writer.lockMedic(manager, caller.id);
    if (medic === null) throw new NotFound();
    await this.writer.add(manager, { ...medic, hospitalId }, { type }, true);
  }
}
