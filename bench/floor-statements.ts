import { statingSql } from '../src/database/actor.js';

/** A statement that is prepared once on each connection. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** A membership and its medic, the columns that every statement selects. */
export interface Row {
  readonly id: number | null;
  readonly medic_id: number;
  readonly name: string;
  readonly email: string;
  readonly hospital_id: number;
  readonly type: string;
  readonly is_active: boolean;
  readonly is_deleted: boolean;
  readonly date_joined: string;
  readonly count?: string;
}

const COLUMNS = 's.id, s.medic_id, m.name, m.email, s.hospital_id, s.type, s.is_active, s.is_deleted, s.date_joined';

/** The medic whose live key has the digest $1. */
const CALLER = `SELECT t.medic_id AS id, t.id AS token FROM api_token t JOIN medic a ON a.id = t.medic_id
  WHERE t.digest = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now()) AND a.is_active`;

/** Makes `stated` the caller, and states the caller as the actor of the write, as the service does. */
const WRITER = `WITH caller AS MATERIALIZED (${CALLER}), stated AS MATERIALIZED (
    SELECT id, settings.actor FROM caller CROSS JOIN LATERAL (${statingSql(
      `concat('{"type":"medic","id":', caller.id, ',"token":', caller.token, '}')`,
      "''",
    )}) settings)`;

/** Not `EXISTS`: PostgreSQL plans that as a join, which may start with all ADMINs of a hospital or all hospitals of an ADMIN. */
const isAdmin = (hospital: string) => `(SELECT r.type FROM membership r
  WHERE r.medic_id = c.id AND r.hospital_id = ${hospital} AND NOT r.is_deleted) = 'ADMIN'`;

/** At least one row for a valid key; its `id` is null if the medic has no membership. */
export const OWN: Statement = {
  name: 'own',
  text: `SELECT r.* FROM (${CALLER}) c LEFT JOIN LATERAL (
    SELECT ${COLUMNS}, count(*) OVER () AS count FROM membership s JOIN medic m ON m.id = s.medic_id
    WHERE s.medic_id = c.id AND NOT s.is_deleted ORDER BY s.id LIMIT $2) r ON true`,
};

/** The comparison is always true; it makes PostgreSQL read the index in order. */
export const HOSPITAL: Statement = {
  name: 'hospital',
  text: `SELECT r.* FROM (${CALLER}) c CROSS JOIN LATERAL (
    SELECT ${COLUMNS} FROM membership s JOIN medic m ON m.id = s.medic_id
    WHERE ${isAdmin('$2::integer')} AND s.hospital_id = $2 AND NOT s.is_deleted
      AND (s.date_joined, s.id) < ((SELECT timestamptz 'infinity'), (SELECT 2147483647))
    ORDER BY s.date_joined DESC, s.id DESC LIMIT 500) r`,
};

export const ONE: Statement = {
  name: 'one',
  text: `SELECT ${COLUMNS} FROM (${CALLER}) c, membership s JOIN medic m ON m.id = s.medic_id
    WHERE s.id = $2::integer AND ((s.medic_id = c.id AND NOT s.is_deleted) OR ${isAdmin('s.hospital_id')})`,
};

export const CREATE: Statement = {
  name: 'create',
  text: `${WRITER} INSERT INTO membership (medic_id, hospital_id, type, is_active)
    SELECT $2::integer, $3::integer, $4, NOT EXISTS (SELECT FROM membership o WHERE o.medic_id = $2 AND NOT o.is_deleted)
    FROM stated c WHERE c.actor IS NOT NULL AND ${isAdmin('$3::integer')}
    RETURNING id, medic_id, hospital_id, type`,
};

export const CHANGE: Statement = {
  name: 'change',
  text: `${WRITER} UPDATE membership s SET type = $3 FROM stated c, medic m
    WHERE c.actor IS NOT NULL AND s.id = $2::integer AND m.id = s.medic_id AND NOT s.is_deleted AND ${isAdmin('s.hospital_id')}
    RETURNING ${COLUMNS}`,
};
