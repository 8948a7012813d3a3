import { Injectable } from '@nestjs/common';
import { InvalidFields } from '../common/errors.js';
import { rowOf } from '../database/statements.js';
import { RecordReader } from './record-reader.js';

/**
 * SQL that compares the hospital of an entry `e`, but never by the index of hospitals: the entries of a membership are
 * found by its own. SQL by hand may delete a membership and give its id to one of another hospital.
 */
export function isOf(hospital: string): string {
  return `e.hospital IS NOT DISTINCT FROM ${hospital}`;
}

/**
 * @param membership SQL for its id
 * @param hospital SQL for the id of its hospital
 * @param at SQL for an instant
 * @returns SQL for the state of a membership at the instant, as JSON text; null if there was no row. A change is in force
 *   from its `at` on; of several at one instant the last position wins.
 */
export function stateAt(membership: string, hospital: string, at: string): string {
  return `(SELECT e.body::json ->> 'after' FROM record_entry e WHERE e.membership = ${membership} AND e.at <= ${at}
    AND ${isOf(hospital)} ORDER BY e.at DESC, e.position DESC LIMIT 1)`;
}

/** The instants that the record can answer for. */
@Injectable()
export class Past {
  constructor(private readonly record: RecordReader) {}

  /**
   * Waits until the record has every change that was committed before the call, so that reads of {@link stateAt} for
   * this instant see them. They have the same result for ever if the instant is at least 15 s ago.
   * @param at an instant in the format of the contract
   * @param field its name in the request
   * @throws InvalidFields it is in the future, or before the record began
   * @throws DatabaseUnavailable see {@link RecordReader.read}
   */
  async requireInstant(at: string, field: string): Promise<void> {
    type Known = { isFuture: boolean; began: string | null; isTooEarly: boolean };
    const { isFuture, began, isTooEarly } = rowOf(await this.record.read<Known>(KNOWN, 'began', [at]));
    if (isFuture) throw new InvalidFields({ [field]: ['Must not be in the future.'] });
    if (isTooEarly) {
      const since = began === null ? 'has not begun yet' : `began at ${began}; ask for that instant or a later one`;
      throw new InvalidFields({ [field]: [`The record ${since}.`] });
    }
  }
}

/** The clock of the database may go back, the record does not. */
const KNOWN = `SELECT h.began, h.began IS NULL OR $1::timestamptz < h.began AS "isTooEarly",
    $1::timestamptz > GREATEST(clock_timestamp(), h.clock) AS "isFuture"
  FROM record_head h`;
