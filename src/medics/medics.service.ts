import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { CurrentMedic } from '../auth/current-medic.decorator.js';
import { hashPassword } from '../auth/password.js';
import { TokensService } from '../auth/tokens.service.js';
import { NotFound } from '../common/domain-error.js';
import { inTransaction } from '../database/transaction.js';
import { MembershipWriter, type LockedMedic } from '../memberships/membership-writer.js';
import type { CreateMedicDto, UpdateMedicDto } from './dto/medic.dtos.js';
import type { CreatedMedicResponse, MedicResponse } from './dto/medic.response.js';
import { columnsOf } from './medic.columns.js';
import { Medic } from './medic.entity.js';
import { MedicHospital, typeOf } from './medic-hospital.js';
import { MedicsReader } from './medics.reader.js';

/** Creates and changes medics. */
@Injectable()
export class MedicsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly reader: MedicsReader,
    private readonly tokens: TokensService,
    private readonly writer: MembershipWriter,
    private readonly hospitals: MedicHospital,
  ) {}

  /**
   * Creates a medic with a key and, where `hospital` is given, a membership there: all or nothing.
   * @throws CannotAssignHospital the caller is not an ADMIN of `hospital`
   * @throws EmailTaken by a constraint
   */
  async create(caller: CurrentMedic, input: CreateMedicDto): Promise<CreatedMedicResponse> {
    const passwordHash = await hashPassword(input.password);
    return inTransaction(this.dataSource, async (manager) => {
      const { hospital: hospitalId = null } = input;
      if (hospitalId !== null) await this.hospitals.requireRight(manager, caller, hospitalId);
      const columns = { ...columnsOf(input), passwordHash, createdById: caller.id };
      const inserted = await manager.insert(Medic, columns);
      const { id: medicId } = inserted.identifiers[0] as { id: number };
      if (hospitalId !== null) {
        const pair = { medicId, creatorId: caller.id, hospitalId };
        await this.writer.add(manager, pair, { type: typeOf(input.is_admin_membership) }, true);
      }
      const token = await this.tokens.issue(manager, medicId, 'created');
      return { ...(await this.reader.get(caller, medicId, manager)), token };
    });
  }

  /**
   * @throws NotFound the caller is neither the medic nor its creator
   * @throws CannotAssignHospital, InvalidFields, LastAdminOfHospital as {@link MedicHospital.prepare}
   * @throws EmailTaken by a constraint
   */
  async update(caller: CurrentMedic, id: number, input: UpdateMedicDto): Promise<MedicResponse> {
    // Each further attempt follows a change that somebody else has stored, so somebody always gets on.
    for (;;) {
      const medic = await inTransaction(this.dataSource, (manager) => this.tryUpdate(manager, caller, id, input));
      if (medic !== null) return medic;
    }
  }

  /** As {@link update}. @returns null where nothing was done, because the medic's current hospital changed meanwhile */
  private async tryUpdate(manager: EntityManager, caller: CurrentMedic, id: number, input: UpdateMedicDto) {
    const wish = { hospital: input.hospital, isAdmin: input.is_admin_membership ?? undefined };
    const hospitalId = await this.hospitals.lock(manager, id, wish);
    const medic = await this.writer.lockMedic(manager, id);
    if (medic === null || !isOwner(caller, medic)) throw new NotFound();
    if (await this.hospitals.isStale(manager, id, hospitalId, wish)) return null;
    const place = await this.hospitals.prepare(manager, caller, medic, hospitalId, wish);
    // Before the hospital: a taken email is a matter of the fields, which come before conflicts.
    const columns = columnsOf(input);
    if (Object.keys(columns).length > 0) await manager.update(Medic, { id }, columns);
    await place();
    return this.reader.get(caller, id, manager);
  }
}

function isOwner(caller: CurrentMedic, medic: LockedMedic): boolean {
  return caller.id === medic.medicId || caller.id === medic.creatorId;
}
