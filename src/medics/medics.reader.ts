import { Injectable } from '@nestjs/common';
import type { CurrentMedic } from '../auth/current-medic.decorator.js';
import { NotFound } from '../common/domain-error.js';
import type { Slice } from '../common/pagination.js';
import { Reads } from '../database/reads.js';
import { rowOf, type Statements } from '../database/statements.js';
import { MEDIC_SELECT, toMedicResponse, type MedicResponse, type MedicRow } from './dto/medic.response.js';
import type { FoundMedicResponse } from './dto/found-medic.response.js';
import { emailKeyOf } from './medic.entity.js';

/** Who sees a medic: the medic, and its creator ($1). */
const VISIBLE = '(m.id = $1 OR m.created_by_id = $1)';

/** Reads medics as rows; the `where` of each query is what the caller may see. */
@Injectable()
export class MedicsReader {
  constructor(private readonly reads: Reads) {}

  /** @returns a slice of the medics that the caller created, by id, and how many there are */
  async list(caller: CurrentMedic, { limit, offset }: Slice): Promise<{ count: number; medics: MedicResponse[] }> {
    const counted = 'SELECT count(*)::integer AS count FROM medic WHERE created_by_id = $1';
    const [rows, all] = await Promise.all([
      this.reads.query<MedicRow>(`${MEDIC_SELECT} WHERE m.created_by_id = $1 ORDER BY m.id LIMIT $2 OFFSET $3`, [
        caller.id,
        limit,
        offset,
      ]),
      this.reads.query<{ count: number }>(counted, [caller.id]),
    ]);
    return { count: rowOf(all).count, medics: rows.map(toMedicResponse) };
  }

  /** @throws NotFound the caller is neither the medic nor its creator, or there is no such medic */
  async get(caller: CurrentMedic, id: number, on: Statements = this.reads): Promise<MedicResponse> {
    const [row] = await on.query<MedicRow>(`${MEDIC_SELECT} WHERE ${VISIBLE} AND m.id = $2`, [caller.id, id]);
    if (row === undefined) throw new NotFound();
    return toMedicResponse(row);
  }

  /** @returns the medic with exactly this email, in any letter case; nobody for undefined */
  async search(email: string | undefined): Promise<FoundMedicResponse[]> {
    if (email === undefined) return [];
    return this.reads.query<FoundMedicResponse>('SELECT id, email FROM medic WHERE email_key = $1', [
      emailKeyOf(email),
    ]);
  }
}
