import { ACTIONS, type Action } from '../access/permission.js';
import { live, mayAdminister, mayPrescribe, rightIn, standingBy, type StandingSql } from '../access/rights.sql.js';
import { activityUpTo, momentSql, problemsOf, RECORD_ENDS, stateUpTo } from '../record/past.js';
import { EVALUATED } from './decisions.sql.js';

/**
 * Statements that return one row, for parameters from $2 on: the id to start from ($2), the id after which to continue
 * ($3), the number of results ($4), and of the past the instant ($5) or the position ($6).
 */

/** Upper bound of the pairs of a medic and a hospital that one statement about the past examines. */
export const MAX_EXAMINED = 1000;

/** SQL for the policy of each action. */
const MAY: Readonly<Record<Action, (standing: StandingSql) => string>> = {
  prescribe: mayPrescribe,
  administer: mayAdminister,
};

/** One side of a membership: the column that is given, and the one that is looked for. */
interface Side {
  readonly given: 'medic' | 'hospital';
  readonly wanted: 'medic' | 'hospital';
}

const OF_HOSPITAL: Side = { given: 'hospital', wanted: 'medic' };
const OF_MEDIC: Side = { given: 'medic', wanted: 'hospital' };

function present({ given, wanted }: Side, action: Action): string {
  const standing = given === 'medic' ? standingBy('$2::integer') : standingBy('s.medic_id', '$2::integer');
  return `SELECT evaluated.at AS "evaluatedAt",
    (SELECT json_agg(found.id) FROM (
      SELECT s.${wanted}_id AS id FROM membership s
      WHERE s.${given}_id = $2::integer AND s.${wanted}_id > $3::integer AND ${live('s', 'evaluated.at')}
        AND ${MAY[action](standing)}
      ORDER BY s.${wanted}_id LIMIT $4::integer) found)::text AS ids
    FROM ${EVALUATED}`;
}

/** Rows of memberships that SQL by hand has deleted are candidates as well. */
function past({ given, wanted }: Side, action: Action): string {
  const [medic, hospital] = given === 'medic' ? ['$2::integer', 'candidate.id'] : ['candidate.id', '$2::integer'];
  const standing: StandingSql = {
    right: rightIn('p.state', momentSql('asked', 'p')),
    isAccountActive: `${activityUpTo('medic', medic, 'asked')}::text = 'true'`,
    isHospitalActive: `${activityUpTo('hospital', hospital, 'asked')}::text = 'true'`,
  };
  const limit = String(MAX_EXAMINED);
  return `SELECT (SELECT clock_timestamp()) AS "evaluatedAt", ends.began, ends.position AS head, asked.problem,
    found.ids::text AS ids, found.last, found.examined
  FROM ${RECORD_ENDS} ends
  CROSS JOIN LATERAL (SELECT moment.*, CASE ${problemsOf('moment', (problem) => `'${problem}'`)} END AS problem
    FROM (SELECT $5::timestamptz AS instant, $6::bigint AS position) moment) asked
  LEFT JOIN LATERAL (
    WITH candidate AS MATERIALIZED (
      SELECT every.id FROM (
        (SELECT s.${wanted}_id AS id FROM membership s WHERE s.${given}_id = $2 AND s.${wanted}_id > $3::integer
          ORDER BY s.${wanted}_id LIMIT ${limit})
        UNION
        (SELECT d.${wanted} FROM record_entry d
          WHERE d.type = 'membership.deleted' AND d.${given} = $2 AND d.${wanted} > $3::integer
          ORDER BY d.${wanted} LIMIT ${limit})) every
      ORDER BY every.id LIMIT ${limit})
    SELECT (SELECT json_agg(match.id) FROM (
        SELECT candidate.id FROM candidate
        CROSS JOIN LATERAL ${stateUpTo(medic, hospital, 'asked')} p
        WHERE ${MAY[action](standing)} ORDER BY candidate.id LIMIT $4::integer) match) AS ids,
      (SELECT max(id) FROM candidate) AS last, (SELECT count(*) FROM candidate)::integer AS examined
  ) found ON asked.problem IS NULL`;
}

function forEachAction(textOf: (action: Action) => string): Readonly<Record<Action, string>> {
  return Object.fromEntries(ACTIONS.map((action) => [action, textOf(action)])) as Record<Action, string>;
}

/** The medics who may do something at the hospital $2. */
export const SUBJECTS = forEachAction((action) => present(OF_HOSPITAL, action));
export const PAST_SUBJECTS = forEachAction((action) => past(OF_HOSPITAL, action));

/** The hospitals at which the medic $2 may do something. */
export const RESOURCES = forEachAction((action) => present(OF_MEDIC, action));
export const PAST_RESOURCES = forEachAction((action) => past(OF_MEDIC, action));
