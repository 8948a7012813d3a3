import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { prefetchedFor, type CurrentMedic } from '../auth/current-medic.decorator.js';
import { MAX_PREFETCHED, type ListLookup } from '../auth/prefetch.decorator.js';
import { NotFound } from '../common/errors.js';
import { actorOf } from '../database/actor.js';
import { Reads } from '../database/reads.js';
import { inTransaction } from '../database/transaction.js';
import { showsHospital } from '../access/policy.js';
import { live, SHOWS_HOSPITAL } from '../access/rights.sql.js';
import { hasMembership, liveTypeOf, nextState } from '../memberships/membership.js';
import { MembershipWriter } from '../memberships/membership-writer.js';
import type { LocationResponse } from './dto/location.dtos.js';

/**
 * The outer join keeps one row per membership, so that the number of rows shows whether the limit cut the list.
 * @param medic SQL for the id of the medic
 * @param limit SQL for the upper bound of the memberships read
 */
const locationsOf = (
  medic: string,
  limit: string,
) => `SELECT h.id, h.name, h.location, s.is_active, s.id AS membership_id
  FROM (SELECT id, hospital_id, type, is_active FROM membership
    WHERE medic_id = ${medic} AND ${live()} LIMIT ${limit}) s
  LEFT JOIN hospital h ON h.id = s.hospital_id AND ${SHOWS_HOSPITAL}`;

/** Locations of the caller, the active one first. */
export const LOCATIONS: ListLookup = {
  sql: locationsOf('caller.id', String(MAX_PREFETCHED + 1)),
  orderBy: 'list.is_active DESC, list.membership_id',
};

interface LocationRow {
  /** Null if the hospital is hidden from the medic. */
  readonly id: number | null;
  readonly name: string;
  readonly location: string;
  readonly is_active: boolean;
}

@Injectable()
export class LocationsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly reads: Reads,
    private readonly writer: MembershipWriter,
  ) {}

  /** @returns one location per live membership that shows its hospital, the active one first */
  async list(caller: CurrentMedic): Promise<LocationResponse[]> {
    const prefetched = prefetchedFor(caller, LOCATIONS) as readonly LocationRow[] | null;
    const isComplete = prefetched !== null && prefetched.length <= MAX_PREFETCHED;
    const rows = isComplete ? prefetched : await this.read(caller);
    return rows.flatMap(({ id, name, location, is_active }) =>
      id === null ? [] : [{ hospital: { id, name, location }, default: is_active, clinics: [] }],
    );
  }

  private read(caller: CurrentMedic): Promise<LocationRow[]> {
    const sql = `SELECT * FROM (${locationsOf('$1', 'ALL')}) list ORDER BY ${LOCATIONS.orderBy}`;
    return this.reads.onReplica(caller).query<LocationRow>(sql, [caller.id]);
  }

  /**
   * Makes the hospital the only active one of the caller.
   * @throws NotFound the caller has no live membership there, or the hospital is hidden from the caller
   */
  choose(caller: CurrentMedic, hospitalId: number): Promise<void> {
    return inTransaction(this.dataSource, actorOf(caller), async (transaction) => {
      const pair = { medicId: caller.id, hospitalId };
      const [isLocked, context] = await Promise.all([
        this.writer.lockMember(transaction, pair),
        this.writer.findContextOf(transaction, caller.id, pair),
      ]);
      const isChoosable =
        isLocked &&
        context !== null &&
        hasMembership(context) &&
        showsHospital(liveTypeOf(context), context.isHospitalActive === true);
      if (!isChoosable) throw new NotFound('Hospital not found');
      const next = nextState(context.current, { isActive: true }, context, true);
      await transaction.commitWith(() => this.writer.update(transaction, context, next));
    });
  }
}
