import type { FastifyRequest } from 'fastify';
import type { Target } from '../access/target.js';
import type { Prefetchable, PrefetchableRow } from '../auth/prefetch.js';

/** Upper bound for the rows of a list that is prefetched, or counted by a prefetch. A longer list is read as a list. */
export const MAX_PREFETCHED = 200;

/** SQL for the number of rows that a list reads: one more than {@link MAX_PREFETCHED} shows that it is longer. */
export const LIMIT = String(MAX_PREFETCHED + 1);

/** The row that a route prefetches. */
interface RowPrefetch {
  readonly of: Prefetchable<object>;
  readonly sql: string;
  readonly idOf: (request: FastifyRequest) => number | null;
}

/** The list that a route prefetches for requests without parameters. */
interface ListPrefetch {
  readonly of: Prefetchable<object>;
  readonly sql: string;
  readonly orderBy: string;
  /** @returns the length of the list, or more than {@link MAX_PREFETCHED} if it is longer than that */
  readonly lengthOf: (rows: readonly object[]) => number;
}

/** How a list is prefetched, together with a row that has the columns of `Found`. */
interface ListOptions<Found, Row> {
  /**
   * Returns a SELECT that reads at most about {@link LIMIT} rows by an index, because other keys wait behind it.
   * @param found returns SQL for a column of the prefetched row
   */
  readonly sql: (found: (column: keyof Found & string) => string) => string;
  /** The order of the rows of `sql`, called `list`. */
  readonly orderBy: string;
  /** @returns the length of the list; by default it is the number of rows */
  readonly lengthOf?: (rows: readonly Row[]) => number;
}

/** The rows that a route reads together with the key. */
export class Prefetch<Found extends object = object> {
  constructor(
    readonly rowPrefetch: RowPrefetch | null = null,
    readonly listPrefetch: ListPrefetch | null = null,
  ) {}

  /** Adds the facts by which the access guard, or the service, decides. */
  facts<Facts extends object>(target: Target<Facts>): Prefetch<Facts> {
    return this.row(target, target.idOf);
  }

  /**
   * Adds one row.
   * @param row if a list is added too, its columns have other names than `id` and `callerJson`
   * @param idOf returns the id that `row` is about, or null if the request names none that can exist
   */
  row<Row extends object>(row: PrefetchableRow<Row>, idOf: RowPrefetch['idOf']): Prefetch<Row> {
    return new Prefetch<Row>({ of: row, sql: row.sql, idOf }, this.listPrefetch);
  }

  /**
   * Adds the list that the route returns to a request without parameters, if it is not longer than
   * {@link MAX_PREFETCHED}.
   */
  list<Row extends object>(
    list: Prefetchable<Row>,
    { sql, orderBy, lengthOf = (rows) => rows.length }: ListOptions<Found, Row>,
  ): Prefetch<Found> {
    return new Prefetch<Found>(this.rowPrefetch, {
      of: list,
      sql: sql((column) => `caller."${column}"`),
      orderBy,
      lengthOf: (rows) => lengthOf(rows as readonly Row[]),
    });
  }
}

/** Starts the declaration of a {@link Prefetch}. */
export const withKey = new Prefetch();
