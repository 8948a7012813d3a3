import type { EntityManager } from 'typeorm';
import { entryOf, type Entry, type Subject } from './entry.js';

/** Entries per statement. */
export const STORED_BATCH = 2000;

/** A row of `record_entry`, with its numbers as text. */
export interface StoredEntry {
  readonly position: string;
  readonly id: string;
  readonly at: string;
  readonly subject: string;
  readonly type: string;
  readonly membership: string | null;
  readonly medic: string | null;
  readonly hospital: string | null;
  readonly body: string;
}

const NEXT = `SELECT position::text, id::text, record_instant(at) AS at, subject, type, membership::text,
    medic::text, hospital::text, body
  FROM record_entry WHERE position > $1::bigint ORDER BY record_entry.position LIMIT ${String(STORED_BATCH)}`;

/** @returns up to {@link STORED_BATCH} entries after a position, in order; fewer are the last ones */
export function readStored(manager: EntityManager, after: string): Promise<StoredEntry[]> {
  return manager.query(NEXT, [after]);
}

/**
 * The columns of an entry repeat its body for queries, but only the body is hashed.
 * @returns the columns that differ from the body, or `body` if that is no entry at all
 */
export function wrongColumns(stored: StoredEntry): string[] {
  const entry = parse(stored.body);
  if (entry === undefined) return ['body'];
  const expected: Omit<StoredEntry, 'body'> = {
    position: String(entry.position),
    id: entry.id,
    at: entry.at,
    subject: subjectOf(entry),
    type: entry.type,
    membership: textOf(entry.membership),
    medic: textOf(entry.medic),
    hospital: textOf(entry.hospital),
  };
  return Object.entries(expected).flatMap(([name, value]) =>
    stored[name as keyof StoredEntry] === value ? [] : [name],
  );
}

function parse(body: string): Entry | undefined {
  try {
    const entry: unknown = entryOf(body);
    const { type } = Object(entry) as { type?: unknown };
    return typeof type === 'string' ? (entry as Entry) : undefined;
  } catch {
    return undefined;
  }
}

function textOf(id: number | null): string | null {
  return id === null ? null : String(id);
}

function subjectOf({ type, membership, hospital, after }: Entry): string {
  if (type !== 'record.began') return type.replace(/\..*/s, '');
  const key = Object.keys(after ?? {})[0];
  if (key === 'token' || key === 'service') return key satisfies Subject;
  if (membership !== null) return 'membership';
  return hospital === null ? 'medic' : 'hospital';
}
