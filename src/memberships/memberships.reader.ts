import { Injectable } from '@nestjs/common';
import type { CallerLookup } from '../auth/authenticated.decorator.js';
import { prefetchedFor, type CurrentMedic } from '../auth/current-medic.decorator.js';
import { liveCaller } from '../auth/callers.reader.js';
import { MAX_PREFETCHED, type ListLookup } from '../auth/prefetch.decorator.js';
import { idInPathOrNull } from '../http/input/path-id.js';
import { DEFAULT_LIMIT, sliceOf } from '../http/output/pagination.js';
import { pageOfRows, readPage, sqlOfPage, type ListSql, type PageOfRows, type RowOfPage } from '../database/page.js';
import { Reads } from '../database/reads.js';
import {
  MEMBERSHIP_COLUMNS,
  toMembershipResponse,
  type MembershipResponse,
  type MembershipRow,
} from './dto/membership.response.js';
import { canAdminister, live, liveAdmin, rightAt, seesMembership } from '../access/rights.sql.js';
import { UnauthorizedMedic } from '../access/access.errors.js';
import type { HospitalMembershipsQuery, MembershipsQuery } from './dto/membership.queries.js';

/** Number of rows per batch when a whole list is streamed. */
export const BATCH = 500;

const SOURCE = 'membership s JOIN medic m ON m.id = s.medic_id';

/** A position after every membership. The subqueries hide the values from the planner, see {@link newestBefore}. */
const LAST = { date: "(SELECT timestamptz 'infinity')", id: '(SELECT 2147483647)' };

/**
 * The first page also has the comparison, although it is always true there: it makes PostgreSQL read the index in
 * order, whatever values the plan was made for, so the cost does not depend on the rows that follow.
 */
const newestBefore = (date: string, id: string, scope: string, limit: string) =>
  `SELECT ${MEMBERSHIP_COLUMNS} FROM ${SOURCE} WHERE ${scope} AND (s.date_joined, s.id) < (${date}, ${id})
  ORDER BY s.date_joined DESC, s.id DESC LIMIT ${limit}`;

/** Hospitals that $1 is a live ADMIN of. */
const ADMINISTERED = `SELECT a.hospital_id FROM membership a
  WHERE a.medic_id = $1 AND ${liveAdmin('a')}`;

const listOf = (scope: string): ListSql => ({
  columns: MEMBERSHIP_COLUMNS,
  source: SOURCE,
  id: 's.id',
  from: `FROM membership s WHERE ${scope}`,
});
const filtered = (scope: string) =>
  listOf(`${scope} AND s.is_deleted = $2
    AND ($3::integer IS NULL OR s.hospital_id = $3) AND ($4::text IS NULL OR s.type = $4)
    AND ($5::boolean IS NULL OR s.is_active = $5)`);
const OWN = filtered(`s.medic_id = $1 AND ${live('s')}`);

/**
 * The index lists the ids of each hospital in order for each state (deleted, type, active). The first ids of the list
 * are among the first ids of these groups, so the cost depends on the slice, not on the size of the hospitals.
 */
const MANAGED: ListSql = {
  ...filtered(`s.hospital_id IN (${ADMINISTERED})`),
  firstIds: (count) => `FROM (${ADMINISTERED} AND ($3::integer IS NULL OR a.hospital_id = $3)) a
    CROSS JOIN (VALUES ('ADMIN'), ('MEMBER')) kind (type) CROSS JOIN (VALUES (true), (false)) flag (is_active)
    CROSS JOIN LATERAL (SELECT o.id FROM membership o
      WHERE o.hospital_id = a.hospital_id AND o.is_deleted = $2 AND o.type = kind.type AND o.is_active = flag.is_active
      ORDER BY o.id LIMIT ${count}) s
    WHERE ($4::text IS NULL OR kind.type = $4) AND ($5::boolean IS NULL OR flag.is_active = $5)`,
};

/** The first page of the caller's own live memberships. The count stops just beyond {@link MAX_PREFETCHED}. */
export const OWN_PAGE: ListLookup = {
  sql: sqlOfPage(
    listOf(`s.medic_id = caller.id AND ${live('s')}`),
    String(DEFAULT_LIMIT),
    '0',
    String(MAX_PREFETCHED + 1),
  ),
  orderBy: 'list.id',
};

/** All live memberships of a hospital that has at most {@link MAX_PREFETCHED}, if the caller is its ADMIN. */
export const NEWEST_OF_HOSPITAL: ListLookup = {
  sql: newestBefore(
    LAST.date,
    LAST.id,
    `${canAdminister('caller."right"')} AND s.hospital_id = $2 AND ${live('s')}`,
    String(MAX_PREFETCHED + 1),
  ),
  orderBy: 'list.date_joined DESC, list.id DESC',
};

/** As {@link NEWEST_OF_HOSPITAL}, with filters. */
const OF_HOSPITAL = 's.hospital_id = $1 AND s.is_deleted = $2 AND ($3::text IS NULL OR s.type = $3)';
const NEWEST = newestBefore(LAST.date, LAST.id, OF_HOSPITAL, '$4 OFFSET $5');

/**
 * The batch after a row, if the key `$4` is live and belongs to an ADMIN. No row means that it is not; a row of nulls
 * means that the list has ended.
 */
const NEXT_BATCH = `SELECT list.* FROM (SELECT ${rightAt('caller.id', '$1')} AS "right" ${liveCaller('$4')}) holder
  LEFT JOIN LATERAL (${newestBefore('$5::timestamptz', '$6::integer', OF_HOSPITAL, String(BATCH))}) list ON true
  WHERE ${canAdminister('holder."right"')} ORDER BY list.date_joined DESC, list.id DESC`;

/**
 * The membership in the path, if it is live and belongs to the caller, or if the caller is an ADMIN of its hospital.
 * Clients ask this before every prescription, so it takes one statement, including the look-up of the key.
 */
export const MEMBERSHIP_IN_SIGHT: CallerLookup = {
  sql: `SELECT ${MEMBERSHIP_COLUMNS} FROM ${SOURCE}
    WHERE s.id = $2 AND ${seesMembership('caller.id', 's')}`,
  idOf: idInPathOrNull,
};

/** A slice of a list and the length of the whole list. */
export interface PageOfMemberships {
  readonly count: number;
  readonly memberships: MembershipResponse[];
}

/** Reads memberships. The `WHERE` clause of each query limits the rows to those that the caller may see. */
@Injectable()
export class MembershipsReader {
  constructor(private readonly reads: Reads) {}

  /**
   * @returns a slice, ordered by id, of the caller's own live memberships; with `managed`, of the memberships of the
   *   hospitals that the caller administers
   */
  async list(caller: CurrentMedic, query: MembershipsQuery): Promise<PageOfMemberships> {
    const prefetched = prefetchedFor(caller, OWN_PAGE) as RowOfPage<MembershipRow>[] | null;
    const page = prefetched === null ? null : pageOfRows(prefetched);
    const { count, rows } = page !== null && page.count <= MAX_PREFETCHED ? page : await this.read(caller, query);
    return { count, memberships: rows.map(toMembershipResponse) };
  }

  private read(caller: CurrentMedic, query: MembershipsQuery): Promise<PageOfRows<MembershipRow>> {
    const { is_deleted = false, hospital = null, type_membership = null, is_active = null } = query;
    const filters = [caller.id, is_deleted, hospital, type_membership, is_active];
    // The list depends on rights, which only the primary decides.
    const [list, on] =
      query.managed === true ? [MANAGED, this.reads.listsOf(caller)] : [OWN, this.reads.onReplica(caller)];
    return readPage(on, list, filters, sliceOf(query));
  }

  /** @returns a slice of the hospital's memberships, newest first, and whether more follow */
  async sliceOfHospital(
    caller: CurrentMedic,
    hospitalId: number,
    query: HospitalMembershipsQuery,
  ): Promise<[MembershipResponse[], boolean]> {
    const { limit, offset } = sliceOf(query);
    const rows = await this.newest(caller, hospitalId, query, limit + 1, offset);
    return [rows.slice(0, limit), rows.length > limit];
  }

  /**
   * Reads the next {@link BATCH} memberships of a hospital, newest first, by keyset pagination, so that a slow client
   * holds neither the list in memory nor a connection.
   * @param after the last row of the previous batch; undefined for the first batch
   * @throws UnauthorizedMedic the caller lost the right, or the key was revoked, since the previous batch
   */
  async batchOfHospital(
    caller: CurrentMedic,
    hospitalId: number,
    query: HospitalMembershipsQuery,
    after: MembershipResponse | undefined,
  ): Promise<MembershipResponse[]> {
    if (after !== undefined) return this.nextBatch(caller, hospitalId, query, after);
    const prefetched = prefetchedFor(caller, NEWEST_OF_HOSPITAL);
    const isComplete = prefetched !== null && prefetched.length <= MAX_PREFETCHED;
    if (!isComplete) return this.newest(caller, hospitalId, query, BATCH, 0);
    // There is no row of nulls, because an ADMIN is a member of the hospital.
    return (prefetched as MembershipRow[]).map(toMembershipResponse);
  }

  /** On the primary, because the statement also checks that the caller may still see the list. */
  private async nextBatch(
    caller: CurrentMedic,
    hospitalId: number,
    query: HospitalMembershipsQuery,
    after: MembershipResponse,
  ): Promise<MembershipResponse[]> {
    const { is_deleted = false, type_membership = null } = query;
    const rows = await this.reads
      .listsOf(caller)
      .query<MembershipRow | { readonly id: null }>(NEXT_BATCH, [
        hospitalId,
        is_deleted,
        type_membership,
        caller.tokenId,
        after.date_joined,
        after.id,
      ]);
    if (rows.length === 0) throw new UnauthorizedMedic();
    return rows.flatMap((row) => (row.id === null ? [] : [toMembershipResponse(row)]));
  }

  private async newest(
    caller: CurrentMedic,
    hospitalId: number,
    query: HospitalMembershipsQuery,
    limit: number,
    offset: number,
  ): Promise<MembershipResponse[]> {
    const { is_deleted = false, type_membership = null } = query;
    const rows = await this.reads
      .onReplica(caller)
      .query<MembershipRow>(NEWEST, [hospitalId, is_deleted, type_membership, limit, offset]);
    return rows.map(toMembershipResponse);
  }
}
