import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { readAheadFor, type CurrentMedic } from '../auth/current-medic.decorator.js';
import type { ListLookup } from '../auth/read-ahead.decorator.js';
import { NotFound } from '../common/domain-error.js';
import { Reads } from '../database/reads.js';
import { inTransaction } from '../database/transaction.js';
import { SHOWS_HOSPITAL, showsHospital } from '../memberships/hospital-access.js';
import { nextState } from '../memberships/membership-rules.js';
import { hasMembership, liveTypeOf, MembershipWriter } from '../memberships/membership-writer.js';
import type { LocationResponse } from './dto/location.dtos.js';

/** @param medic SQL for its id */
const locationsOf = (medic: string) => `SELECT h.id, h.name, h.location, s.is_active, s.id AS membership_id
  FROM membership s JOIN hospital h ON h.id = s.hospital_id WHERE s.medic_id = ${medic} AND NOT s.is_deleted AND ${SHOWS_HOSPITAL}`;

/** The locations of the caller, the active one first. */
export const LOCATIONS: ListLookup = {
  sql: locationsOf('caller.id'),
  orderBy: 'list.is_active DESC, list.membership_id',
};

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

  /** @returns one location for each live membership of the caller's that shows its hospital, the active one first */
  async list(caller: CurrentMedic): Promise<LocationResponse[]> {
    const ahead = readAheadFor(caller, LOCATIONS) as (LocationRow | { readonly id: null })[] | null;
    const rows = ahead?.filter((row) => row.id !== null) ?? (await this.read(caller));
    return rows.map(({ id, name, location, is_active }) => ({
      hospital: { id, name, location },
      default: is_active,
      clinics: [],
    }));
  }

  private read(caller: CurrentMedic): Promise<LocationRow[]> {
    const sql = `SELECT * FROM (${locationsOf('$1')}) list ORDER BY ${LOCATIONS.orderBy}`;
    return this.reads.onReplica(caller).query<LocationRow>(sql, [caller.id]);
  }

  /**
   * Makes the hospital the caller's only active one.
   * @throws NotFound the caller has no live membership there, or the hospital is hidden from the caller
   */
  choose(caller: CurrentMedic, hospitalId: number): Promise<void> {
    return inTransaction(this.dataSource, async (transaction) => {
      const pair = { medicId: caller.id, hospitalId };
      const [isLocked, place] = await Promise.all([
        this.writer.lockMember(transaction, pair),
        this.writer.findPlaceOf(transaction, caller.id, pair),
      ]);
      const isChoosable =
        isLocked &&
        place !== null &&
        hasMembership(place) &&
        showsHospital(liveTypeOf(place), place.isHospitalActive === true);
      if (!isChoosable) throw new NotFound('Hospital not found');
      const next = nextState(place.present, { isActive: true }, place, true);
      await transaction.commitWith(() => this.writer.update(transaction, place, next));
    });
  }
}
