import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { CurrentMedic } from '../auth/current-medic.decorator.js';
import { NotFound } from '../common/domain-error.js';
import { inTransaction } from '../database/transaction.js';
import { MembershipWriter } from '../memberships/membership-writer.js';
import type { LocationResponse } from './dto/location.dtos.js';

interface LocationRow {
  readonly id: number;
  readonly name: string;
  readonly location: string;
  readonly is_active: boolean;
}

/** The medic's own view of the memberships (section 4 of the contract). */
@Injectable()
export class LocationsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly writer: MembershipWriter,
  ) {}

  /** @returns one location for each live membership of the caller's, the active one first */
  async list(caller: CurrentMedic): Promise<LocationResponse[]> {
    const rows = await this.dataSource.query<LocationRow[]>(
      `SELECT h.id, h.name, h.location, s.is_active FROM membership s JOIN hospital h ON h.id = s.hospital_id
       WHERE s.medic_id = $1 AND NOT s.is_deleted ORDER BY s.is_active DESC, s.id`,
      [caller.id],
    );
    return rows.map(({ id, name, location, is_active }) => ({
      hospital: { id, name, location },
      default: is_active,
      clinics: [],
    }));
  }

  /**
   * Makes the hospital the caller's only active one.
   * @throws NotFound the caller has no live membership there
   */
  choose(caller: CurrentMedic, hospitalId: number): Promise<void> {
    return inTransaction(this.dataSource, async (manager) => {
      const medic = await this.writer.lockMedic(manager, caller.id);
      const pair = medic && { ...medic, hospitalId };
      const present = pair && (await this.writer.find(manager, pair));
      if (pair === null || present?.isDeleted !== false) throw new NotFound('Hospital not found');
      await this.writer.activate(manager, pair);
    });
  }
}
