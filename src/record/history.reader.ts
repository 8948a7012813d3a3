import { Injectable } from '@nestjs/common';
import type { CurrentMedic } from '../auth/current-medic.decorator.js';
import type { Slice } from '../database/page.js';
import { Reads } from '../database/reads.js';
import { rowOf } from '../database/statements.js';
import { toChangeResponse, type ChangeResponse } from './dto/history.response.js';
import type { HospitalHistoryQuery } from './dto/history.queries.js';
import { ofHospital } from './past.js';
import { RecordReader } from './record-reader.js';

/** A slice of a history and the length of the whole history. */
export interface PageOfChanges {
  readonly count: number;
  readonly changes: ChangeResponse[];
}

/**
 * Finds the positions of the slice in an index alone, then reads those entries only.
 * @param from `FROM` and `WHERE` of the whole history, with the entry `e`
 * @param limit, offset numbers of the parameters
 */
const changesPageSql = (from: string, limit: number, offset: number) =>
  `SELECT total.count, page.at, page.position, page.body FROM (SELECT count(*)::integer AS count ${from}) total
  LEFT JOIN (SELECT e.at, e.position, e.body
    FROM (SELECT e.position ${from}
      ORDER BY e.at DESC, e.position DESC LIMIT $${String(limit)} OFFSET $${String(offset)}) ids
    JOIN record_entry e ON e.position = ids.position) page ON true`;

const OF_MEMBERSHIP = changesPageSql(
  `FROM membership s JOIN record_entry e ON e.membership = s.id WHERE s.id = $1 AND ${ofHospital('s.hospital_id')}`,
  2,
  3,
);

/** From $2 until $3, of the type $4; null means any. The hospital is $1. */
const FILTERS = `e.type <> 'record.began' AND ($4::text IS NULL OR e.type = $4)
    AND e.at >= COALESCE($2::timestamptz, '-infinity') AND e.at < COALESCE($3::timestamptz, 'infinity')`;

const OF_HOSPITAL = changesPageSql(`FROM record_entry e WHERE e.hospital = $1 AND ${FILTERS}`, 5, 6);

/** As {@link OF_HOSPITAL}, for the medic $5. */
const OF_MEDIC = changesPageSql(
  `FROM (SELECT s.id FROM membership s WHERE s.hospital_id = $1 AND s.medic_id = $5
      UNION SELECT d.membership FROM record_entry d
        WHERE d.hospital = $1 AND d.type = 'membership.deleted' AND d.medic = $5) s
    JOIN record_entry e ON e.membership = s.id
    WHERE ${ofHospital('$1::integer')} AND e.medic = $5 AND ${FILTERS}`,
  6,
  7,
);

/**
 * Reads what changed in a hospital and its memberships, newest first. Of changes at one instant the later comes first.
 */
@Injectable()
export class HistoryReader {
  constructor(
    private readonly record: RecordReader,
    private readonly reads: Reads,
  ) {}

  /** @returns a slice of the entries about a membership */
  ofMembership(caller: CurrentMedic, id: number, { limit, offset }: Slice): Promise<PageOfChanges> {
    return this.page(caller, OF_MEMBERSHIP, [id, limit, offset]);
  }

  /** @returns a slice of the `membership.*` and `hospital.*` entries about a hospital that match the filters */
  ofHospital(
    caller: CurrentMedic,
    hospital: number,
    { from, to, type, medic }: HospitalHistoryQuery,
    { limit, offset }: Slice,
  ): Promise<PageOfChanges> {
    const filters = [hospital, from ?? null, to ?? null, type ?? null];
    if (medic === undefined) return this.page(caller, OF_HOSPITAL, [...filters, limit, offset]);
    return this.page(caller, OF_MEDIC, [...filters, medic, limit, offset]);
  }

  private async page(caller: CurrentMedic, sql: string, values: readonly unknown[]): Promise<PageOfChanges> {
    type Row = { readonly count: number; readonly body: string | null };
    const rows = await this.record.read<Row>(sql, 'at DESC, position DESC', values, { on: this.reads.listsOf(caller) });
    const changes = rows.flatMap(({ body }) => (body === null ? [] : [toChangeResponse(body)]));
    return { count: rowOf(rows.slice(0, 1)).count, changes };
  }
}
