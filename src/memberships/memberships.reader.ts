import { Injectable } from '@nestjs/common';
import { UnauthorizedMedic } from '../access/access.errors.js';
import type { CurrentMedic } from '../auth/current-medic.decorator.js';
import { NotFound } from '../common/errors.js';
import { pageOfRows, readPage, type PageOfRows } from '../database/page.js';
import { Reads } from '../database/reads.js';
import { sliceOf } from '../http/output/pagination.js';
import type { HospitalMembershipsQuery, MembershipsQuery } from './dto/membership.queries.js';
import { toMembershipResponse, type MembershipResponse, type MembershipRow } from './dto/membership.response.js';
import {
  MEMBERSHIPS_BATCH,
  FIRST_OWN_PAGE,
  LIVE_OF_HOSPITAL,
  MANAGED,
  NEWEST,
  NEXT_BATCH,
  OWN_FILTERED,
  validityOf,
  VISIBLE_MEMBERSHIP,
} from './memberships.sql.js';

/** A slice of a list and the length of the whole list. */
export interface PageOfMemberships {
  readonly count: number;
  readonly memberships: MembershipResponse[];
}

/** Reads memberships. The `WHERE` clause of each query limits the rows to those that the caller may see. */
@Injectable()
export class MembershipsReader {
  constructor(private readonly reads: Reads) {}

  /** @throws NotFound there is no such membership, or the caller may not see it */
  async get(caller: CurrentMedic, id: number): Promise<MembershipResponse> {
    const row = await VISIBLE_MEMBERSHIP.find(this.reads, caller, id);
    if (row === null) throw new NotFound();
    return toMembershipResponse(row);
  }

  /**
   * @returns a slice, ordered by id, of the caller's own live memberships; with `managed`, of the memberships of the
   *   hospitals that the caller administers
   * @throws TooManyLists, Overloaded see `FairPool.use`
   */
  async list(caller: CurrentMedic, query: MembershipsQuery): Promise<PageOfMemberships> {
    const prefetched = FIRST_OWN_PAGE.prefetchedFor(caller);
    const { count, rows } = prefetched === null ? await this.readList(caller, query) : pageOfRows(prefetched);
    return { count, memberships: rows.map(toMembershipResponse) };
  }

  private readList(caller: CurrentMedic, query: MembershipsQuery): Promise<PageOfRows<MembershipRow>> {
    const { is_deleted = false, hospital = null, type_membership = null, is_active = null } = query;
    const filters = [caller.id, is_deleted, hospital, type_membership, is_active];
    // The list depends on rights, which only the primary decides.
    const [list, on] =
      query.managed === true ? [MANAGED, this.reads.listsOf(caller)] : [OWN_FILTERED, this.reads.onReplica(caller)];
    return readPage(on, list[validityOf(query)], filters, sliceOf(query));
  }

  /**
   * @returns a slice of the hospital's memberships, newest first, and whether more follow
   * @throws TooManyLists, Overloaded see `FairPool.use`
   */
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
   * Reads the next {@link MEMBERSHIPS_BATCH} memberships of a hospital, newest first, by keyset pagination, so that a
   * slow client holds neither the list in memory nor a connection.
   * @param after the last row of the previous batch; undefined for the first batch
   * @throws UnauthorizedMedic the caller lost the right, or the key was revoked, since the previous batch
   * @throws TooManyLists, Overloaded see `FairPool.use`
   */
  async batchOfHospital(
    caller: CurrentMedic,
    hospitalId: number,
    query: HospitalMembershipsQuery,
    after: MembershipResponse | undefined,
  ): Promise<MembershipResponse[]> {
    if (after !== undefined) return this.nextBatch(caller, hospitalId, query, after);
    const prefetched = LIVE_OF_HOSPITAL.prefetchedFor(caller, hospitalId);
    return prefetched?.map(toMembershipResponse) ?? this.newest(caller, hospitalId, query, MEMBERSHIPS_BATCH, 0);
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
      .restOf(caller)
      .query<MembershipRow | { readonly id: null }>(NEXT_BATCH[validityOf(query)], [
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
      .query<MembershipRow>(NEWEST[validityOf(query)], [hospitalId, is_deleted, type_membership, limit, offset]);
    return rows.map(toMembershipResponse);
  }
}
