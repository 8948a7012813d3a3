import { live, rightIn, standingBy } from '../access/rights.sql.js';
import { activityUpTo, momentSql, problemsOf, RECORD_ENDS, stateUpTo } from '../record/past.js';

/**
 * Statements that return one row, for parameters from $2 on: $1 belongs to the key. Several facts are one JSON text,
 * because `pg` parses every column of every row.
 */

/**
 * SQL of a row source for a `FROM`: the instant `at` of all decisions of a statement. Its clock is read after the
 * snapshot was taken, so no entry that the statement sees is younger.
 */
export const EVALUATED = '(SELECT clock_timestamp() AS at OFFSET 0) evaluated';

/** The name of the record, if $4 says that receipts are wanted. */
const ORIGIN = 'CASE WHEN $4::boolean THEN (SELECT origin FROM record_head) END';

const { right, isAccountActive, isHospitalActive } = standingBy();

/**
 * The JSON of the facts about a live membership; null without one. It is concatenated, because the functions of JSON look
 * up the type of each value in each row.
 */
const LIVE_FACTS = `'[' || s.id || ',"' || ${right} || '",' || ${isAccountActive} || ',' || ${isHospitalActive}
  || COALESCE(',"' || s.entry_id || '"', '') || ']'`;

/** The right that a past state gave at its moment. */
const RIGHT_THEN = rightIn('p.state', momentSql('asked', 'p'));

/** @param facts SQL for the JSON of one pair `asked`. @returns SQL for the JSON array of all of them, in their order */
function jsonArrayOf(facts: string): string {
  return `'[' || string_agg(COALESCE(${facts}, 'null'), ',' ORDER BY asked.number) || ']'`;
}

/** The present facts about the medics $2 at the hospitals $3, in their order. */
export const PRESENT = `SELECT evaluated.at AS "evaluatedAt", ${ORIGIN} AS origin,
  (SELECT ${jsonArrayOf(LIVE_FACTS)}
    FROM unnest($2::integer[], $3::integer[]) WITH ORDINALITY asked (medic, hospital, number)
    LEFT JOIN membership s ON s.medic_id = asked.medic AND s.hospital_id = asked.hospital AND ${live('s', 'evaluated.at')}) AS facts
  FROM ${EVALUATED}`;

/** The facts about a pair `asked`, or why the record does not know them. */
const FACTS_AT_MOMENT = `CASE
      ${problemsOf('asked', (problem) => `'"${problem}"'`)}
      WHEN asked.instant IS NULL AND asked.position IS NULL THEN ${LIVE_FACTS}
      ELSE (SELECT json_build_array(p.membership, ${RIGHT_THEN}, ${activityUpTo('medic', 'asked.medic', 'asked')},
          ${activityUpTo('hospital', 'asked.hospital', 'asked')}, p.id)
        FROM ${stateUpTo('asked.medic', 'asked.hospital', 'asked')} p)::text
    END`;

/**
 * The facts about the medics $2 at the hospitals $3, in their order, each at the instant of $5 or after the position of
 * $6, or at present if both are null.
 */
export const AT_MOMENTS = `SELECT evaluated.at AS "evaluatedAt", ${ORIGIN} AS origin, ends.began, ends.position AS head,
  (SELECT ${jsonArrayOf(FACTS_AT_MOMENT)}
    FROM unnest($2::integer[], $3::integer[], $5::timestamptz[], $6::bigint[])
      WITH ORDINALITY asked (medic, hospital, instant, position, number)
    LEFT JOIN membership s ON asked.instant IS NULL AND asked.position IS NULL
      AND s.medic_id = asked.medic AND s.hospital_id = asked.hospital AND ${live('s', 'evaluated.at')}) AS facts
  FROM ${RECORD_ENDS} ends CROSS JOIN ${EVALUATED}`;
