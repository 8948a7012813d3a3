import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InvalidToken } from '../auth/auth.errors.js';
import type { CurrentMedic } from '../auth/current-medic.decorator.js';
import { Prefetchable } from '../auth/prefetch.js';
import { NotFound } from '../common/errors.js';
import { actorOf } from '../database/actor.js';
import { Reads } from '../database/reads.js';
import { inTransaction } from '../database/transaction.js';
import { showsHospital } from '../access/policy.js';
import { live, SHOWS_HOSPITAL } from '../access/rights.sql.js';
import { hasMembership, liveTypeOf, nextState } from '../memberships/membership.js';
import { MembershipWriter } from '../memberships/membership-writer.js';
import type { LocationResponse } from './dto/location.dtos.js';

interface LocationRow {
  /** Null if the hospital is hidden from the medic. */
  readonly id: number | null;
  readonly name: string;
  readonly location: string;
  readonly is_active: boolean;
  readonly membership_id: number;
}

/**
 * One row for each live membership, with the hospital if it is visible to its medic. The outer join keeps the others,
 * so that the number of rows shows whether the limit cut the list.
 * @param medic, limit SQL for an id and an upper bound of the memberships
 * @returns SQL for {@link LocationRow}s, in no particular order
 */
export const locationsOf = (medic: string, limit: string) =>
  `SELECT h.id, h.name, h.location, s.is_active, s.id AS membership_id
  FROM (SELECT id, hospital_id, type, is_active FROM membership
    WHERE medic_id = ${medic} AND ${live()} LIMIT ${limit}) s
  LEFT JOIN hospital h ON h.id = s.hospital_id AND ${SHOWS_HOSPITAL}`;

/** The order of {@link locationsOf}, called `list`: the active one first. */
export const LOCATIONS_ORDER = 'list.is_active DESC, list.membership_id';

/** All rows of {@link locationsOf} for the caller, in {@link LOCATIONS_ORDER}. */
export const LOCATIONS = new Prefetchable<LocationRow>('membership_id');

const ALL_LOCATIONS = `SELECT * FROM (${locationsOf('$1', 'ALL')}) list ORDER BY ${LOCATIONS_ORDER}`;

/** Lists the hospitals of a medic, and chooses the active one. */
@Injectable()
export class LocationsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly reads: Reads,
    private readonly writer: MembershipWriter,
  ) {}

  /**
   * @returns one location per live membership that shows its hospital, the active one first
   * @throws TooManyLists, Overloaded see `FairPool.use`
   */
  async list(caller: CurrentMedic): Promise<LocationResponse[]> {
    const rows = LOCATIONS.prefetchedFor(caller) ?? (await this.read(caller));
    return rows.flatMap(({ id, name, location, is_active }) =>
      id === null ? [] : [{ hospital: { id, name, location }, default: is_active, clinics: [] }],
    );
  }

  private read(caller: CurrentMedic): Promise<LocationRow[]> {
    return this.reads.onReplica(caller).query<LocationRow>(ALL_LOCATIONS, [caller.id]);
  }

  /**
   * Makes the hospital the only active one of the caller.
   * @throws InvalidToken the caller's account was closed after the key was checked
   * @throws NotFound the caller has no live membership there, or the hospital is hidden from the caller
   */
  choose(caller: CurrentMedic, hospitalId: number): Promise<void> {
    return inTransaction(this.dataSource, actorOf(caller), async (transaction) => {
      const pair = { medicId: caller.id, hospitalId };
      const [isActive, context] = await Promise.all([
        this.writer.lockMember(transaction, pair),
        this.writer.findContextOf(transaction, caller.id, pair),
      ]);
      if (isActive === false) throw new InvalidToken();
      const isChoosable =
        isActive !== null &&
        context !== null &&
        hasMembership(context) &&
        showsHospital(liveTypeOf(context), context.isHospitalActive === true);
      if (!isChoosable) throw new NotFound('Hospital not found');
      const next = nextState(context.current, { isActive: true }, context, true);
      await transaction.commitWith(() => this.writer.update(transaction, context, next));
    });
  }
}
