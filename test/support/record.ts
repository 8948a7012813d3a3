import type { DataSource } from 'typeorm';
import type { EntryActor } from '../../src/record/entry.js';

/** The end of the record of a database at one moment. */
export interface Mark {
  readonly position: number;
  /** The ids of the entries in the inbox, which get later positions. */
  readonly waiting: readonly string[];
}

/** What an entry says about its writer. */
export interface Written {
  readonly type: string;
  readonly actor: EntryActor;
  readonly request: string | null;
}

/** The mark before the first entry. */
export const START: Mark = { position: 0, waiting: [] };

export async function markOf(dataSource: DataSource): Promise<Mark> {
  const [mark] = await dataSource.query<[Mark]>(
    `SELECT position, (SELECT COALESCE(json_agg(id), '[]') FROM record_inbox) AS waiting
     FROM record_head`,
  );
  return mark;
}

/** @returns the entries since a mark, in their order, whether or not they have a position */
export function entriesSince(dataSource: DataSource, { position, waiting }: Mark): Promise<Written[]> {
  return dataSource.query<Written[]>(
    `SELECT type, actor, request FROM (
       SELECT position, NULL::bigint AS seq, id, type, body::json -> 'actor' AS actor, body::json ->> 'request' AS request
       FROM record_entry WHERE position > $1
       UNION ALL
       SELECT NULL, seq, id, type, actor::json, request FROM record_inbox) entry
     WHERE id <> ALL ($2::uuid[]) ORDER BY position NULLS LAST, seq`,
    [position, waiting],
  );
}
