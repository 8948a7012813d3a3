import { RECORDED_TABLES } from './recorded-tables.js';

/** A row that differs from what its entries say. */
export interface Difference {
  readonly subject: string;
  /** The id of the membership, medic, hospital or key. */
  readonly id: number;
  /** The state that the last entry leaves, null if it says that there is no row. */
  readonly recorded: string | null;
  /** The state of the row, null if there is none. */
  readonly stored: string | null;
}

const rows = RECORDED_TABLES.map(
  ({ name, subject, state }) => `SELECT '${subject}' AS subject, t.id, ${state} AS state, t.entry_id FROM ${name} t`,
).join(' UNION ALL ');

/**
 * SQL that replays all entries, those in the inbox included, and compares the result with the tables. It returns the
 * first $1 rows that differ in their state, or that are not the work of their last entry, as {@link Difference}.
 */
export const DIFFERENCES = `
  WITH change AS (
      SELECT position, NULL::bigint AS seq, id AS entry_id, subject, membership, medic, hospital,
        body::json -> 'before' #>> '{}' AS before, body::json -> 'after' #>> '{}' AS after FROM record_entry
      UNION ALL
      SELECT NULL, seq, id, subject, membership, medic, hospital, before, after FROM record_inbox),
    keyed AS (
      SELECT position, seq, entry_id, subject, after,
        CASE subject WHEN 'membership' THEN membership WHEN 'medic' THEN medic WHEN 'hospital' THEN hospital
          ELSE (COALESCE(after, before)::json ->> subject)::integer END AS id
      FROM change),
    recorded AS (
      SELECT DISTINCT ON (subject, id) subject, id, after AS state, entry_id FROM keyed
      ORDER BY subject, id, position DESC NULLS FIRST, seq DESC),
    stored AS (${rows})
  SELECT subject, id, recorded.state AS recorded, stored.state AS stored
  FROM (SELECT * FROM recorded WHERE state IS NOT NULL) recorded FULL JOIN stored USING (subject, id)
  WHERE (recorded.state, recorded.entry_id) IS DISTINCT FROM (stored.state, stored.entry_id)
  ORDER BY subject, id LIMIT $1`;
