import { Injectable } from '@nestjs/common';
import type { CurrentMedic } from '../auth/current-medic.decorator.js';
import { NotFound } from '../common/errors.js';
import { readPage, type Slice, type ListSql } from '../database/page.js';
import { Reads } from '../database/reads.js';
import { ON_PRIMARY } from '../database/standby.js';
import type { Statements } from '../database/statements.js';
import {
  MEDIC_COLUMNS,
  MEDIC_SOURCE,
  toMedicResponse,
  type MedicResponse,
  type MedicRow,
} from './dto/medic.response.js';
import type { FoundMedicResponse } from './dto/found-medic.response.js';
import { ownsMedic } from '../access/rights.sql.js';
import { emailKeyOf } from './medic.entity.js';

/** The caller ($1) sees their own account and those that they created. */
const VISIBLE_MEDIC = `SELECT ${MEDIC_COLUMNS} FROM ${MEDIC_SOURCE} WHERE ${ownsMedic('$1', 'm')} AND m.id = $2 AND ${ON_PRIMARY}`;

const CREATED: ListSql = {
  columns: MEDIC_COLUMNS,
  source: MEDIC_SOURCE,
  id: 'm.id',
  from: 'FROM medic m WHERE m.created_by_id = $1',
};

/** A separate statement, so that its plan looks up the single row by email. */
const CREATED_WITH_EMAIL = { ...CREATED, from: `${CREATED.from} AND m.email_key = $2` };

const FOUND = `SELECT id, email FROM medic WHERE email_key = $1 AND ${ON_PRIMARY}`;

/** Reads medics. The `WHERE` clause of each query limits the rows to those that the caller may see. */
@Injectable()
export class MedicsReader {
  constructor(private readonly reads: Reads) {}

  /**
   * @param email lists only the medic with this email, ignoring case; undefined lists all
   * @returns a slice, ordered by id, of the medics that the caller created, and the total count
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

  /** @throws NotFound the medic does not exist, or the caller is neither the medic nor its creator */
  async get(caller: CurrentMedic, id: number, on: Statements = this.reads): Promise<MedicResponse> {
    const [row] = await on.query<MedicRow>(VISIBLE_MEDIC, [caller.id, id]);
    if (row === undefined) throw new NotFound();
    return toMedicResponse(row);
  }

  /** @returns the medic with exactly this email, ignoring case; nobody if it is undefined */
  async search(email: string | undefined): Promise<FoundMedicResponse[]> {
    if (email === undefined) return [];
    return this.reads.query<FoundMedicResponse>(FOUND, [emailKeyOf(email)]);
  }
}
