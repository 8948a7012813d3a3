import { Injectable } from '@nestjs/common';
import type { RightLookup } from '../auth/access.decorator.js';
import { readAheadFor, type CurrentMedic } from '../auth/current-medic.decorator.js';
import type { ListLookup } from '../auth/read-ahead.decorator.js';
import { idInPathOrNull } from '../common/path-id.js';
import { DEFAULT_LIMIT, sliceOf } from '../common/pagination.js';
import { pageOfRows, readPage, sqlOfPage, type PageOfRows, type RowOfPage } from '../database/page.js';
import { Reads } from '../database/reads.js';
import {
  MEMBERSHIP_COLUMNS,
  toMembershipResponse,
  type MembershipResponse,
  type MembershipRow,
} from './dto/membership.response.js';
import { rightAt } from './hospital-access.js';
import type { HospitalMembershipsQuery, MembershipsQuery } from './dto/membership.queries.js';

/** How many rows are read at a time where a list is answered whole. */
export const BATCH = 500;

const SOURCE = 'membership s JOIN medic m ON m.id = s.medic_id';

/** What every membership comes before. PostgreSQL must not know: see {@link newestBefore}. */
const LAST = { date: "(SELECT timestamptz 'infinity')", id: '(SELECT 2147483647)' };

/**
 * The comparison is there for the first rows too, where it always stands: with it the index is read in its
 * order, however many follow, whatever values the plan was made for.
 */
const newestBefore = (date: string, id: string, scope: string, limit: string) =>
  `SELECT ${MEMBERSHIP_COLUMNS} FROM ${SOURCE} WHERE ${scope} AND (s.date_joined, s.id) < (${date}, ${id})
  ORDER BY s.date_joined DESC, s.id DESC LIMIT ${limit}`;

/** Hospitals that $1 is a live ADMIN of. */
const ADMINISTERED = `SELECT a.hospital_id FROM membership a
  WHERE a.medic_id = $1 AND a.type = 'ADMIN' AND NOT a.is_deleted`;

const listOf = (scope: string) => ({ columns: MEMBERSHIP_COLUMNS, from: `FROM ${SOURCE} WHERE ${scope}` });
const filtered = (scope: string) =>
  listOf(`${scope} AND s.is_deleted = $2
    AND ($3::integer IS NULL OR s.hospital_id = $3) AND ($4::text IS NULL OR s.type = $4)
    AND ($5::boolean IS NULL OR s.is_active = $5)`);
const OWN = filtered('s.medic_id = $1 AND NOT s.is_deleted');
const MANAGED = filtered(`s.hospital_id IN (${ADMINISTERED})`);

/** The caller's own live memberships, a page of them. */
export const OWN_PAGE: ListLookup = {
  sql: sqlOfPage(listOf('s.medic_id = caller.id AND NOT s.is_deleted'), String(DEFAULT_LIMIT), '0'),
  orderBy: 'list.id',
};

/** The first batch of the live memberships of a hospital whose ADMIN the caller was found to be. */
export const NEWEST_OF_HOSPITAL: ListLookup = {
  sql: newestBefore(
    LAST.date,
    LAST.id,
    `caller."right" = 'ADMIN' AND s.hospital_id = $2 AND NOT s.is_deleted`,
    String(BATCH),
  ),
  orderBy: 'list.date_joined DESC, list.id DESC',
};

/** The same with filters, a slice of them, or those that come after a row. */
const NEWEST = newestBefore(
  `COALESCE($4::timestamptz, ${LAST.date})`,
  `COALESCE($5::integer, ${LAST.id})`,
  's.hospital_id = $1 AND s.is_deleted = $2 AND ($3::text IS NULL OR s.type = $3)',
  '$6 OFFSET $7',
);

/**
 * Finds the membership that the path names, for its medic while it is live, and for an ADMIN of its hospital.
 * The one question that is asked before every prescription takes one statement, the look-up of the key included.
 */
export const MEMBERSHIP_IN_SIGHT: RightLookup = {
  sql: `SELECT ${MEMBERSHIP_COLUMNS} FROM ${SOURCE}
    WHERE s.id = $2 AND ((s.medic_id = caller.id AND NOT s.is_deleted) OR ${rightAt('caller.id', 's.hospital_id')} = 'ADMIN')`,
  idOf: idInPathOrNull,
};

/** The rows of a slice of a list, and how many the list has in all. */
export interface Found {
  readonly count: number;
  readonly memberships: MembershipResponse[];
}

/** Reads memberships as rows; the `where` of each query is what the caller may see. */
@Injectable()
export class MembershipsReader {
  constructor(private readonly reads: Reads) {}

  /**
   * @returns the caller's own live memberships, or with `managed` those of the hospitals that the caller
   *   administers, by id
   */
  async list(caller: CurrentMedic, query: MembershipsQuery): Promise<Found> {
    const ahead = readAheadFor(caller, OWN_PAGE) as RowOfPage<MembershipRow>[] | null;
    const { count, rows } = await (ahead === null ? this.read(caller, query) : pageOfRows(ahead));
    return { count, memberships: rows.map(toMembershipResponse) };
  }

  private read(caller: CurrentMedic, query: MembershipsQuery): Promise<PageOfRows<MembershipRow>> {
    const { is_deleted = false, hospital = null, type_membership = null, is_active = null } = query;
    const filters = [caller.id, is_deleted, hospital, type_membership, is_active];
    // What the caller administers is a matter of rights, which no replica decides.
    const [list, on] = query.managed === true ? [MANAGED, this.reads.lists] : [OWN, this.reads.onReplica(caller)];
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
   * Reads all of the hospital's memberships, newest first, {@link BATCH} at a time, each batch after the last
   * row of the one before: a slow reader holds neither the list in memory nor a connection.
   */
  async batchOfHospital(
    caller: CurrentMedic,
    hospitalId: number,
    query: HospitalMembershipsQuery,
    after: MembershipResponse | undefined,
  ): Promise<MembershipResponse[]> {
    const ahead = after === undefined ? readAheadFor(caller, NEWEST_OF_HOSPITAL) : null;
    if (ahead === null) return this.newest(caller, hospitalId, query, BATCH, 0, after);
    // Never the row that stands for none: an ADMIN is among those of their hospital.
    return (ahead as MembershipRow[]).map(toMembershipResponse);
  }

  private async newest(
    caller: CurrentMedic,
    hospitalId: number,
    query: HospitalMembershipsQuery,
    limit: number,
    offset: number,
    after?: MembershipResponse,
  ): Promise<MembershipResponse[]> {
    const { is_deleted = false, type_membership = null } = query;
    const rows = await this.reads
      .onReplica(caller)
      .query<MembershipRow>(NEWEST, [
        hospitalId,
        is_deleted,
        type_membership,
        after?.date_joined ?? null,
        after?.id ?? null,
        limit,
        offset,
      ]);
    return rows.map(toMembershipResponse);
  }
}
