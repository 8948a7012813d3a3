import type { Statement } from './floor-statements.js';

/** A row of every statement here: one text per fact, because `pg` parses every column. */
export interface Found {
  readonly at: string;
  readonly facts: string | null;
}

/** The parts of a request about decisions: the statement, its values from $2 on, and the JSON of the response. */
export interface Answer {
  readonly statement: Statement;
  readonly values: readonly unknown[];
  readonly jsonOf: (found: Found) => string;
}

interface Entity {
  readonly id: string;
}

interface Question {
  readonly subject: Entity;
  readonly resource: Entity;
}

type Facts = readonly [membership: number, type: string, account: boolean, hospital: boolean, entry: string];

/** The service account whose live key has the digest $1 and that has the scope. */
const account = (scope: string) =>
  `FROM service_account a WHERE a.digest = $1 AND a.expires_at > now() AND a.revoked_at IS NULL AND '${scope}' = ANY(a.scopes)`;

/** Whether a row is active, by the index of the inactive ones. */
const isActive = (table: 'medic' | 'hospital', id: string) =>
  `((SELECT i.id FROM ${table} i WHERE i.id = ${id} AND NOT i.is_active) IS NULL)`;

const FACTS = `'[' || s.id || ',"' || s.type || '",' || ${isActive('medic', 's.medic_id')} || ','
  || ${isActive('hospital', 's.hospital_id')} || ',"' || s.entry_id || '"]'`;

const EVALUATION: Statement = {
  name: 'evaluation',
  text: `SELECT clock_timestamp() AS at, (SELECT ${FACTS} FROM membership s
      WHERE s.medic_id = $2::integer AND s.hospital_id = $3::integer AND NOT s.is_deleted) AS facts
    ${account('decision:check')}`,
};

const EVALUATIONS: Statement = {
  name: 'evaluations',
  text: `SELECT clock_timestamp() AS at, (SELECT '[' || string_agg(COALESCE(${FACTS}, 'null'), ',' ORDER BY asked.number) || ']'
      FROM unnest($2::integer[], $3::integer[]) WITH ORDINALITY asked (medic, hospital, number)
      LEFT JOIN membership s ON s.medic_id = asked.medic AND s.hospital_id = asked.hospital AND NOT s.is_deleted) AS facts
    ${account('decision:check')}`,
};

const searchBy = (name: string, given: 'medic' | 'hospital', wanted: 'medic' | 'hospital'): Statement => ({
  name,
  text: `SELECT clock_timestamp() AS at, (SELECT json_agg(found.id) FROM (
      SELECT s.${wanted}_id AS id FROM membership s
      WHERE s.${given}_id = $2::integer AND s.${wanted}_id > $3::integer AND NOT s.is_deleted
        AND ${isActive(given, '$2::integer')} AND ${isActive(wanted, `s.${wanted}_id`)}
      ORDER BY s.${wanted}_id LIMIT 1001) found)::text AS facts
    ${account('decision:search')}`,
});

const SUBJECTS = searchBy('subjects', 'hospital', 'medic');
const RESOURCES = searchBy('resources', 'medic', 'hospital');

/** @returns how to respond to `POST /access/v1/…`; undefined for another path */
export function answerTo(url: string, body: string): Answer | undefined {
  switch (url) {
    case '/access/v1/evaluation': {
      const { subject, resource } = JSON.parse(body) as Question;
      return {
        statement: EVALUATION,
        values: [Number(subject.id), Number(resource.id)],
        jsonOf: ({ at, facts }) => decisionOf(facts === null ? null : (JSON.parse(facts) as Facts), at),
      };
    }
    case '/access/v1/evaluations': {
      const { evaluations } = JSON.parse(body) as { evaluations: Question[] };
      const medics = evaluations.map(({ subject }) => Number(subject.id));
      const hospitals = evaluations.map(({ resource }) => Number(resource.id));
      return {
        statement: EVALUATIONS,
        values: [medics, hospitals],
        jsonOf: ({ at, facts }) => {
          const all = JSON.parse(facts ?? '[]') as (Facts | null)[];
          return `{"evaluations":[${all.map((each) => decisionOf(each, at)).join(',')}]}`;
        },
      };
    }
    case '/access/v1/search/subject':
      return searchFrom(SUBJECTS, (JSON.parse(body) as Question).resource, 'medic');
    case '/access/v1/search/resource':
      return searchFrom(RESOURCES, (JSON.parse(body) as Question).subject, 'hospital');
    default:
      return undefined;
  }
}

function decisionOf(facts: Facts | null, at: string): string {
  if (facts === null) return `{"decision":false,"context":{"reason":"not_a_member","evaluated_at":"${at}"}}`;
  const [membership, type, isAccountActive, isHospitalActive, entry] = facts;
  const refusal = isAccountActive ? (isHospitalActive ? null : 'hospital_inactive') : 'account_inactive';
  const reason = refusal ?? (type === 'ADMIN' ? 'admin' : 'member');
  return (
    `{"decision":${String(refusal === null)},"context":{"reason":"${reason}","membership":${String(membership)},` +
    `"entry":"${entry}","evaluated_at":"${at}"}}`
  );
}

function searchFrom(statement: Statement, { id }: Entity, type: string): Answer {
  return {
    statement,
    values: [Number(id), 0],
    jsonOf: ({ at, facts }) => {
      const ids = JSON.parse(facts ?? '[]') as number[];
      const results = ids.map((each) => `{"type":"${type}","id":"${String(each)}"}`).join(',');
      const page = `{"next_token":"","count":${String(ids.length)}}`;
      return `{"page":${page},"context":{"evaluated_at":"${at}"},"results":[${results}]}`;
    },
  };
}
