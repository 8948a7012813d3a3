import { Injectable } from '@nestjs/common';
import { UnauthorizedMedic } from '../access/access.errors.js';
import { isInForce } from '../access/policy.js';
import { canAdminister, rightAt } from '../access/rights.sql.js';
import { liveCaller } from '../auth/callers.reader.js';
import type { CurrentMedic } from '../auth/current-medic.decorator.js';
import { Reads } from '../database/reads.js';
import { MAX_ID } from '../http/input/coercion.js';
import { sliceOf } from '../http/output/pagination.js';
import { ofHospital, Past, stateAt } from '../record/past.js';
import type { HospitalMembershipsQuery } from './dto/membership.queries.js';
import { toMembershipResponse, type MembershipResponse, type MembershipRow } from './dto/membership.response.js';
import { MEMBERSHIPS_BATCH, LIMIT_OF_BATCH, validityOf } from './memberships.sql.js';

/** The state of a membership, as in the entries of the record. */
type State = Pick<MembershipResponse, 'type_membership' | 'is_active' | 'is_deleted' | 'valid_from' | 'valid_until'>;

/** The row of a membership, with its state at an instant. */
type Candidate = Omit<MembershipRow, 'type' | 'is_active' | 'is_deleted' | 'valid_from' | 'valid_until'> & {
  /** The JSON of a {@link State}; null if there was no row. */
  readonly state: string | null;
};

/** The keyset position before every membership. */
const FIRST = { date_joined: 'infinity', id: MAX_ID };

/**
 * Memberships of the hospital $1 without a row: SQL by hand has deleted it. Their first entry tells approximately when
 * they were created.
 */
const DELETED_ROWS = `
  SELECT d.membership AS id, d.medic AS medic_id, f.at AS date_joined
  FROM (SELECT DISTINCT membership, medic FROM record_entry WHERE hospital = $1 AND type = 'membership.deleted') d
  CROSS JOIN LATERAL (SELECT min(e.at) AS at FROM record_entry e WHERE e.membership = d.membership AND ${ofHospital('$1::integer')}) f
  WHERE (f.at, d.membership) < ($4::timestamptz, $5::integer)
    AND NOT EXISTS (SELECT FROM membership s WHERE s.id = d.membership AND s.hospital_id = $1)`;

/**
 * The next {@link MEMBERSHIPS_BATCH} memberships of the hospital $1 after a row, in the order of the present list but
 * whatever their present state, with their state at $2, if the key $3 is live and belongs to an ADMIN. No row means
 * that it is not; a row with a null id means that there are no more.
 */
const CANDIDATES = `
  SELECT s.id, s.medic_id, COALESCE(m.name, '') AS medic_name, COALESCE(m.email, '') AS medic_email,
    $1::integer AS hospital_id, s.date_joined, ${stateAt('s.id', '$1::integer', '$2::timestamptz')} AS state
  FROM (SELECT ${rightAt('caller.id', '$1')} AS "right" ${liveCaller('$3')}) holder
  LEFT JOIN LATERAL (
    SELECT * FROM (
      SELECT found.* FROM (VALUES (false), (true)) flag (is_deleted) CROSS JOIN LATERAL (
        SELECT o.id, o.medic_id, o.date_joined FROM membership o
        WHERE o.hospital_id = $1 AND o.is_deleted = flag.is_deleted
          AND (o.date_joined, o.id) < ($4::timestamptz, $5::integer)
        ORDER BY o.date_joined DESC, o.id DESC LIMIT ${LIMIT_OF_BATCH}) found
      UNION ALL ${DELETED_ROWS}) every
    ORDER BY date_joined DESC, id DESC LIMIT ${LIMIT_OF_BATCH}) s ON true
  LEFT JOIN medic m ON m.id = s.medic_id
  WHERE ${canAdminister('holder."right"')} ORDER BY s.date_joined DESC, s.id DESC`;

/** Reads the memberships of hospitals as they were, on the primary. */
@Injectable()
export class PastMembershipsReader {
  constructor(
    private readonly past: Past,
    private readonly reads: Reads,
  ) {}

  /**
   * @param at an instant in the format of the contract
   * @throws InvalidFields the record cannot answer for it
   */
  async at(at: string): Promise<MembershipsAt> {
    await this.past.requireInstant(at, 'at');
    return new MembershipsAt(this.reads, at);
  }
}

/** The memberships at one instant. */
class MembershipsAt {
  constructor(
    private readonly reads: Reads,
    private readonly at: string,
  ) {}

  /**
   * @returns a slice of the hospital's memberships, newest first, and whether more follow
   * @throws UnauthorizedMedic the caller lost the right, or the key was revoked
   */
  async sliceOfHospital(
    caller: CurrentMedic,
    hospitalId: number,
    query: HospitalMembershipsQuery,
  ): Promise<[MembershipResponse[], boolean]> {
    const { limit, offset } = sliceOf(query);
    const slice: MembershipResponse[] = [];
    let skipped = 0;
    for await (const batch of this.batches(caller, hospitalId, query)) {
      const rest = batch.slice(offset - skipped);
      skipped += batch.length - rest.length;
      slice.push(...rest);
      if (slice.length > limit) break;
    }
    return [slice.slice(0, limit), slice.length > limit];
  }

  /**
   * Reads at least {@link MEMBERSHIPS_BATCH} memberships of a hospital, newest first, or the last ones.
   * @param after the last row of the previous batch; undefined for the first batch
   * @throws UnauthorizedMedic the caller lost the right, or the key was revoked
   */
  async batchOfHospital(
    caller: CurrentMedic,
    hospitalId: number,
    query: HospitalMembershipsQuery,
    after: MembershipResponse | undefined,
  ): Promise<MembershipResponse[]> {
    const found: MembershipResponse[] = [];
    for await (const batch of this.batches(caller, hospitalId, query, after)) {
      found.push(...batch);
      if (found.length >= MEMBERSHIPS_BATCH) break;
    }
    return found;
  }

  /**
   * @yields what matches the query, of {@link MEMBERSHIPS_BATCH} memberships at a time: each statement has a bounded cost
   */
  private async *batches(
    caller: CurrentMedic,
    hospitalId: number,
    { is_deleted = false, in_force, type_membership }: HospitalMembershipsQuery,
    after: Pick<MembershipResponse, 'date_joined' | 'id'> = FIRST,
  ): AsyncGenerator<MembershipResponse[]> {
    const validity = validityOf({ is_deleted, in_force });
    // Later batches belong to a response that has begun.
    const lists = after === FIRST ? this.reads.listsOf(caller) : this.reads.restOf(caller);
    for (let last: typeof after | undefined = after; last !== undefined;) {
      const values = [hospitalId, this.at, caller.tokenId, last.date_joined, last.id];
      const rows: (Candidate | { readonly id: null })[] = await lists.query(CANDIDATES, values);
      if (rows.length === 0) throw new UnauthorizedMedic();
      const candidates = rows.filter((row): row is Candidate => row.id !== null);
      const memberships = candidates.flatMap(({ state, ...row }) => {
        const then = JSON.parse(state ?? 'null') as State | null;
        if (then === null || then.is_deleted !== is_deleted) return [];
        const { type_membership: type, is_active, valid_from = null, valid_until = null } = then;
        const wasInForce = isInForce({ validFrom: valid_from, validUntil: valid_until }, this.at);
        if (validity !== 'any' && wasInForce !== (validity === 'in force')) return [];
        if (type_membership !== undefined && type !== type_membership) return [];
        return [toMembershipResponse({ ...row, type, is_active, is_deleted, valid_from, valid_until })];
      });
      if (memberships.length > 0) yield memberships;
      last = candidates.length === MEMBERSHIPS_BATCH ? candidates.at(-1) : undefined;
    }
  }
}
