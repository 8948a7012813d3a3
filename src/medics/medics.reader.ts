import { Injectable } from '@nestjs/common';
import type { CurrentMedic } from '../auth/current-medic.decorator.js';
import { NotFound } from '../common/errors.js';
import { readPage, type Slice, type ListSql } from '../database/page.js';
import { Reads } from '../database/reads.js';
import type { Statements } from '../database/statements.js';
import {
  MEDIC_COLUMNS,
  MEDIC_SOURCE,
  toMedicResponse,
  type MedicResponse,
  type MedicRow,
} from './dto/medic.response.js';
import type { FoundMedicResponse } from './dto/found-medic.response.js';
import { emailKeyOf } from './medic.entity.js';

/** A medic sees itself, and those that it ($1) created. */
const VISIBLE_MEDIC = `SELECT ${MEDIC_COLUMNS} FROM ${MEDIC_SOURCE} WHERE (m.id = $1 OR m.created_by_id = $1) AND m.id = $2`;

const CREATED: ListSql = {
  columns: MEDIC_COLUMNS,
  source: MEDIC_SOURCE,
  id: 'm.id',
  from: 'FROM medic m WHERE m.created_by_id = $1',
};

/** Another statement, so that PostgreSQL finds the one row by its email. */
const CREATED_WITH_EMAIL = { ...CREATED, from: `${CREATED.from} AND m.email_key = $2` };

/** Reads medics as rows; the `where` of each query is what the caller may see. */
@Injectable()
export class MedicsReader {
  constructor(private readonly reads: Reads) {}

  /**
   * @param email of the only medic to list, in any letter case; undefined for all
   * @returns a slice of the medics that the caller created, by id, and how many there are
   */
  async list(
    caller: CurrentMedic,
    email: string | undefined,
    slice: Slice,
  ): Promise<{ count: number; medics: MedicResponse[] }> {
    const on = this.reads.onReplica(caller);
    const { count, rows } =
      email === undefined
        ? await readPage<MedicRow>(on, CREATED, [caller.id], slice)
        : await readPage<MedicRow>(on, CREATED_WITH_EMAIL, [caller.id, emailKeyOf(email)], slice);
    return { count, medics: rows.map(toMedicResponse) };
  }

  /** @throws NotFound the caller is neither the medic nor its creator, or there is no such medic */
  async get(caller: CurrentMedic, id: number, on: Statements = this.reads): Promise<MedicResponse> {
    const [row] = await on.query<MedicRow>(VISIBLE_MEDIC, [caller.id, id]);
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
