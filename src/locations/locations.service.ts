import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { CurrentMedic } from '../auth/current-medic.decorator.js';
import { NotFound } from '../common/domain-error.js';
import { Reads } from '../database/reads.js';
import { inTransaction } from '../database/transaction.js';
import { nextState } from '../memberships/membership-rules.js';
import { hasMembership, MembershipWriter } from '../memberships/membership-writer.js';
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
    private readonly reads: Reads,
    private readonly writer: MembershipWriter,
  ) {}

  /** @returns one location for each live membership of the caller's, the active one first */
  async list(caller: CurrentMedic): Promise<LocationResponse[]> {
    const rows = await this.reads.query<LocationRow>(
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
    return inTransaction(this.dataSource, async (transaction) => {
      const [, place] = await Promise.all([
        this.writer.lockMedic(transaction, caller.id),
        this.writer.findPlaceOf(transaction, caller.id, { medicId: caller.id, hospitalId }),
      ]);
      if (place === null || !hasMembership(place) || place.present.isDeleted) throw new NotFound('Hospital not found');
      const next = nextState(place.present, { isActive: true }, place, true);
      await transaction.commitWith(() => this.writer.update(transaction, place, next));
    });
  }
}
