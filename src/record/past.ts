import { Injectable } from '@nestjs/common';
import { InvalidFields } from '../common/errors.js';
import { rowOf } from '../database/statements.js';
import { RecordReader } from './record-reader.js';

/**
 * SQL that compares the hospital of an entry `e`, but never by the index of hospitals: the entries of a membership are
 * found by its own. SQL by hand may delete a membership and give its id to one of another hospital.
 */
export function ofHospital(hospital: string): string {
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
    AND ${ofHospital(hospital)} ORDER BY e.at DESC, e.position DESC LIMIT 1)`;
}

/**
 * @param asked alias of a row with an `instant` and a `position`, of which one is null
 * @returns SQL for the entries `e` that were there at the instant, or after the entry at the position
 */
function isUpTo(asked: string): string {
  return `e.at <= COALESCE(${asked}.instant, 'infinity') AND e.position <= COALESCE(${asked}.position, 9223372036854775807)`;
}

/**
 * @param asked as for `isUpTo`
 * @param latest alias of a row of {@link stateUpTo}
 * @returns SQL for the instant that is asked about. That of a position is the `at` of its entry, but not before the
 *   latest entry of the membership itself, because the entries of different rows may have their instants in another
 *   order.
 */
export function momentSql(asked: string, latest: string): string {
  const atPosition = `(SELECT e.at FROM record_entry e WHERE e.position = ${asked}.position)`;
  return `COALESCE(${asked}.instant, GREATEST(${atPosition}, ${latest}.at))`;
}

/**
 * @param medic, hospital SQL for their ids
 * @param asked as for `isUpTo`
 * @returns SQL of a row source for a `FROM`: `membership`, `id`, `at` and `position` of its last entry, and `state`
 *   after it as JSON, null if its row was deleted. It has no row if the medic never had a membership there. SQL by hand
 *   may have deleted the row of a membership, and the medic may then have got another one.
 */
export function stateUpTo(medic: string, hospital: string, asked: string): string {
  return `(SELECT latest.* FROM (
      SELECT o.id FROM membership o WHERE o.medic_id = ${medic} AND o.hospital_id = ${hospital}
      UNION
      SELECT d.membership FROM record_entry d
      WHERE d.type = 'membership.deleted' AND d.hospital = ${hospital} AND d.medic = ${medic}) own
    CROSS JOIN LATERAL (
      SELECT e.membership, e.id, e.body::json -> 'after' AS state, e.at, e.position FROM record_entry e
      WHERE e.membership = own.id AND e.medic = ${medic} AND ${ofHospital(hospital)} AND ${isUpTo(asked)}
      ORDER BY e.at DESC, e.position DESC LIMIT 1) latest
    ORDER BY latest.at DESC, latest.position DESC LIMIT 1)`;
}

/**
 * @param subject of the entries
 * @param id SQL for the id of a medic or hospital
 * @param asked as for `isUpTo`
 * @returns SQL for whether it was active, as JSON; null if there was no row
 */
export function activityUpTo(subject: 'medic' | 'hospital', id: string, asked: string): string {
  return `(SELECT e.body::json -> 'after' -> 'is_active' FROM record_entry e
    WHERE e.${subject} = ${id} AND e.subject = '${subject}' AND ${isUpTo(asked)}
    ORDER BY e.at DESC, e.position DESC LIMIT 1)`;
}

/**
 * SQL of a row source for a `FROM`: the last `position`, when the record `began`, and the last instant that is `known`.
 * The clock of the database may go back, the record does not.
 */
export const RECORD_ENDS = `(SELECT position, began, GREATEST(clock_timestamp(), clock) AS known
  FROM record_head OFFSET 0)`;

/** Why the record knows nothing about a moment, in the words of the statements. */
export type MomentProblem = 'future' | 'early' | 'beyond';

/**
 * @param asked alias of a row with an `instant` and a `position`, joined with {@link RECORD_ENDS} as `ends`
 * @param toSql of a problem
 * @returns SQL of the first branches of a `CASE`: why the record knows nothing about that moment
 */
export function problemsOf(asked: string, toSql: (problem: MomentProblem) => string): string {
  return `WHEN ${asked}.instant > ends.known THEN ${toSql('future')}
      WHEN ${asked}.instant < COALESCE(ends.began, 'infinity') THEN ${toSql('early')}
      WHEN ${asked}.position > ends.position THEN ${toSql('beyond')}`;
}

/** The problem of an instant that the record cannot answer for. @param began null if it has not begun */
export function tooEarly(began: string | null): string {
  const since = began === null ? 'has not begun yet' : `began at ${began}; ask for that instant or a later one`;
  return `The record ${since}.`;
}

/** The problem of an instant that is not in the past. */
export const IN_FUTURE = 'Must not be in the future.';

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
    type ProblemRow = { began: string | null; problem: MomentProblem | null };
    const { began, problem } = rowOf(await this.record.read<ProblemRow>(PROBLEM, 'began', [at]));
    if (problem !== null) throw new InvalidFields({ [field]: [problem === 'future' ? IN_FUTURE : tooEarly(began)] });
  }
}

const PROBLEM = `SELECT ends.began, CASE ${problemsOf('asked', (problem) => `'${problem}'`)} END AS problem
  FROM ${RECORD_ENDS} ends CROSS JOIN (SELECT $1::timestamptz AS instant, NULL::bigint AS position) asked`;
