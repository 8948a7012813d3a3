import type { DataSource } from 'typeorm';
import { NoSuchHospital } from '../common/errors.js';
import { isAdmin, live } from '../access/rights.sql.js';
import { standAloneReads } from '../database/pool.js';

/** A hospital as the operator sees it. */
export interface HospitalSummary {
  readonly id: number;
  readonly name: string;
  readonly location: string;
  readonly contact: string;
  readonly is_active: boolean;
  readonly created_at: string;
  /** Number of live ADMINs with an active account. */
  readonly admins: number;
  /** Number of live MEMBERs. */
  readonly members: number;
}

const SUMMARY = `
  SELECT h.id, h.name, h.location, h.contact, h.is_active, h.created_at, counts.admins, counts.members
  FROM hospital h CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE ${isAdmin('s')} AND m.is_active)::integer AS admins,
      count(*) FILTER (WHERE s.type = 'MEMBER')::integer AS members
    FROM membership s JOIN medic m ON m.id = s.medic_id WHERE s.hospital_id = h.id AND ${live('s')}) counts`;

/** Hospitals for the operator commands. */
export class OperatorHospitals {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * @param after only hospitals with an id greater than this
   * @param limit upper bound of the length
   * @param withoutAdmin only hospitals without a live ADMIN whose account is active
   * @returns hospitals, ordered by id
   */
  list(after: number, limit: number, withoutAdmin: boolean): Promise<HospitalSummary[]> {
    return standAloneReads(this.dataSource).query<HospitalSummary>(
      `${SUMMARY} WHERE h.id > $1 AND (counts.admins = 0 OR NOT $3) ORDER BY h.id LIMIT $2`,
      [after, limit, withoutAdmin],
    );
  }

  /** @throws NoSuchHospital */
  async show(id: number): Promise<HospitalSummary> {
    const [hospital] = await standAloneReads(this.dataSource).query<HospitalSummary>(`${SUMMARY} WHERE h.id = $1`, [
      id,
    ]);
    if (hospital === undefined) throw new NoSuchHospital();
    return hospital;
  }
}
