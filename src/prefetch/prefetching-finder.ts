import type { FastifyRequest } from 'fastify';
import { callerColumns, callerOfKey, toCurrentMedic, type CallerRow } from '../auth/callers.reader.js';
import type { CurrentMedic, PrefetchedRows } from '../auth/current-medic.decorator.js';
import type { CallerFinder, Prefetchable } from '../auth/prefetch.js';
import type { Reads } from '../database/reads.js';
import { MAX_PREFETCHED, type Prefetch } from './prefetch.js';

/** A row of a prefetched list; without a list there is one row, whose other columns are null. */
interface ListedRow {
  /** JSON of a {@link CallerRow}: one column, because pg parses every column of every row. */
  readonly callerJson: string;
}

/** Finds the callers of a route, together with its {@link Prefetch}. */
export class PrefetchingFinder implements CallerFinder {
  /** Reads the caller and the row. */
  private readonly text: string;
  /** Also reads the list; null if there is none. */
  private readonly listText: string | null;

  constructor(
    private readonly reads: Reads,
    private readonly prefetch: Prefetch,
  ) {
    const { rowPrefetch: row, listPrefetch: list } = prefetch;
    const [found, join] = row === null ? ['', ''] : ['found.*, ', `LEFT JOIN LATERAL (${row.sql}) found ON true`];
    const columns = `${found}${callerColumns(reads)}`;
    this.text = `SELECT ${columns} ${callerOfKey(join)}`;
    // Replicas read the lists if there are any.
    // OFFSET 0 stops the planner from inlining the subquery, so the JSON is built once.
    this.listText =
      list === null || reads.hasReplicas
        ? null
        : `SELECT list.*, caller."callerJson" FROM (
            SELECT caller.id, ${found}(SELECT to_json(c)::text FROM (SELECT ${columns}) c) AS "callerJson"
            ${callerOfKey(join)} OFFSET 0) caller
          LEFT JOIN LATERAL (${list.sql}) list ON true ORDER BY ${list.orderBy}`;
  }

  async find(digest: Buffer, request: FastifyRequest): Promise<CurrentMedic | null> {
    const { rowPrefetch } = this.prefetch;
    const subject = rowPrefetch === null ? null : rowPrefetch.idOf(request);
    const values = rowPrefetch === null ? [digest] : [digest, subject];
    if (this.listText !== null && hasNoParameters(request))
      return this.findWithList(request, this.listText, values, subject);
    const [caller] = await this.reads.query<CallerRow>(this.text, values);
    return caller === undefined ? null : toCurrentMedic(request, caller, this.rowOf(caller, subject));
  }

  private async findWithList(
    request: FastifyRequest,
    text: string,
    values: readonly unknown[],
    subject: number | null,
  ): Promise<CurrentMedic | null> {
    const rows = await this.reads.query<ListedRow>(text, values);
    const [first] = rows;
    if (first === undefined) return null;
    const caller = JSON.parse(first.callerJson) as CallerRow;
    return toCurrentMedic(request, caller, [...this.rowOf(caller, subject), ...this.listOf(rows, subject)]);
  }

  /** @returns the prefetched row, whose columns are in the row of the caller */
  private rowOf(caller: CallerRow, subject: number | null): readonly PrefetchedRows[] {
    const { rowPrefetch: row } = this.prefetch;
    return row === null ? [] : [prefetched(row.of, subject, [caller])];
  }

  /** @returns the prefetched list, unless it is too long */
  private listOf(rows: readonly object[], subject: number | null): readonly PrefetchedRows[] {
    const { listPrefetch: list } = this.prefetch;
    return list === null || list.lengthOf(rows) > MAX_PREFETCHED ? [] : [prefetched(list.of, subject, rows)];
  }
}

/** @param rows of an outer join: one row of nulls if nothing was found */
function prefetched(of: Prefetchable<object>, subject: number | null, rows: readonly object[]): PrefetchedRows {
  const [first] = rows as readonly Record<string, unknown>[];
  return { of, subject, rows: first?.[of.notNull] === null ? [] : rows };
}

function hasNoParameters({ query }: FastifyRequest): boolean {
  return Object.keys(query as object).length === 0;
}
