import { Injectable } from '@nestjs/common';
import { DatabaseUnavailable } from '../database/database-errors.js';
import { Reads } from '../database/reads.js';
import { ON_PRIMARY } from '../database/standby.js';
import { rowOf, type Statements } from '../database/statements.js';
import type { EntryType } from './entry.js';

/** Upper bound of the entries that one call of `record_sequence` moves. A call takes about 25 ms per thousand. */
export const SEQUENCE_BATCH = 2000;

/** How long a read sequences before it gives up, in milliseconds. */
const PATIENCE_MS = 5000;

/** Upper bound of the positions that one filtered read examines. */
const WINDOW = 10_000;

/** The SQL that moves committed changes into the record. It returns how many, at most $1. */
export const SEQUENCE = 'SELECT record_sequence($1) AS moved';

/** The SQL of a {@link Head}. */
export const HEAD = 'SELECT origin, position, peaks FROM record_head';

/** Where a reader of the record continues, and what it wants. */
export interface EntriesAfter {
  /** The position to continue after; 0 for the first entry. */
  readonly after: number;
  /** Upper bound of the entries. */
  readonly limit: number;
  /** Absent filters match everything. */
  readonly types?: readonly EntryType[] | undefined;
  readonly hospital?: number | undefined;
  readonly medic?: number | undefined;
}

/** Consecutive entries that match the filters. */
export interface Entries {
  readonly entries: readonly { readonly position: number; readonly body: string }[];
  /** The last position examined; the next read continues after it. */
  readonly next: number;
  /** The last position of the record. */
  readonly head: number;
  /** The name of the record, see {@link Head.origin}. */
  readonly origin: string;
}

/** The end of the record. */
export interface Head {
  /** The name of the record, which `record restart` replaces. */
  readonly origin: string;
  /** The last position, which is also the size of the Merkle tree. */
  readonly position: number;
  /** Item h is the hash of the complete subtree of 2^h leaves if bit h of `position` is set, otherwise null. */
  readonly peaks: readonly (Buffer | null)[];
}

/** Options of {@link RecordReader.read}. */
interface ReadOptions<Row> {
  readonly on?: Statements;
  readonly needsRecord?: (rows: readonly Row[]) => boolean;
}

/**
 * Reads the record from the primary. Every read that begins after a commit sees the entries of that commit, because it
 * sequences them first.
 */
@Injectable()
export class RecordReader {
  constructor(private readonly reads: Reads) {}

  /**
   * Runs a SELECT over the tables of the record, in one statement if nothing waits in the inbox, otherwise in two more
   * that are sent together: a statement would not see what its own function moved.
   * @param sql constant SQL without an order
   * @param order columns of `sql`, with their direction
   * @param on executes the SELECT; by default the connections of short reads, which also pipeline it
   * @param needsRecord whether the rows depend on the record. If not, they are returned without sequencing.
   * @throws DatabaseUnavailable the changes before this read could not all be sequenced in time, or this is a standby
   */
  async read<Row extends object>(
    sql: string,
    order: string,
    values: readonly unknown[] = [],
    { on = this.reads, needsRecord = () => true }: ReadOptions<Row> = {},
  ): Promise<Row[]> {
    const text = `SELECT waiting."isBehind", read.* FROM (SELECT record_is_behind() AS "isBehind" WHERE ${ON_PRIMARY}) waiting
      LEFT JOIN (SELECT true AS "isFound", selected.* FROM (${sql}) selected) read ON true ORDER BY ${order}`;
    type ReadRow = Row & { isBehind: boolean; isFound: true | null };
    const found = (rows: readonly ReadRow[]) => rows.filter(({ isFound }) => isFound === true);
    const rows = await on.query<ReadRow>(text, values);
    const [first] = rows;
    // A standby has no row: it cannot sequence.
    if (first === undefined) throw new DatabaseUnavailable();
    if (!first.isBehind || !needsRecord(found(rows))) return found(rows);
    if (on !== this.reads) {
      await this.catchUp();
      return found(await on.query<ReadRow>(text, values));
    }
    const deadline = performance.now() + PATIENCE_MS;
    do {
      const [sequenced, reread] = await this.reads.sequencing.queryInOrder<{ moved: number }, ReadRow>(
        [SEQUENCE, [SEQUENCE_BATCH]],
        [text, values],
      );
      // Later changes may wait already; those before this read do not.
      if (rowOf(sequenced).moved < SEQUENCE_BATCH) return found(reread);
    } while (performance.now() < deadline);
    throw new DatabaseUnavailable();
  }

  /** Sequences every change that was committed before the call. @throws DatabaseUnavailable as {@link read} */
  private async catchUp(): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    do {
      if (
        rowOf(await this.reads.sequencing.query<{ moved: number }>(SEQUENCE, [SEQUENCE_BATCH])).moved < SEQUENCE_BATCH
      )
        return;
    } while (performance.now() < deadline);
    throw new DatabaseUnavailable();
  }

  /** @returns the entries after a position, in their order */
  async after({ after, limit, types, hospital, medic }: EntriesAfter): Promise<Entries> {
    const rows = await this.read<{ origin: string; head: number; position: number | null; body: string }>(
      AFTER,
      'position',
      [after, limit, types ?? null, hospital ?? null, medic ?? null],
    );
    const { origin, head } = rowOf(rows.slice(0, 1));
    const entries = rows.flatMap(({ position, body }) => (position === null ? [] : [{ position, body }]));
    const last = entries.length === limit ? entries.at(-1)?.position : undefined;
    return { entries, next: last ?? Math.max(after, Math.min(head, after + WINDOW)), head, origin };
  }

  /** @returns the end of the record */
  async head(): Promise<Head> {
    return rowOf(await this.read<Head>(HEAD, 'position'));
  }

  /** @returns the body of the entry with an id, a UUID; undefined if there is none */
  async byId(id: string): Promise<string | undefined> {
    const [entry] = await this.read<{ body: string }>('SELECT body FROM record_entry WHERE id = $1', 'body', [id]);
    return entry?.body;
  }

  /** @returns the body of the entry at a position; undefined if there is none */
  async at(position: number): Promise<string | undefined> {
    const [entry] = await this.read<{ body: string }>('SELECT body FROM record_entry WHERE position = $1', 'body', [
      position,
    ]);
    return entry?.body;
  }
}

/** One row per entry, or one with a null position if there is none. */
const AFTER = `
  SELECT h.origin, h.position AS head, e.position, e.body
  FROM record_head h LEFT JOIN (
    SELECT position, body FROM record_entry
    WHERE position > $1 AND position <= $1::bigint + ${String(WINDOW)} AND ($3::text[] IS NULL OR type = ANY ($3))
      AND ($4::integer IS NULL OR hospital = $4) AND ($5::integer IS NULL OR medic = $5)
    ORDER BY position LIMIT $2) e ON true`;
