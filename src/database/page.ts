import type { Slice } from '../common/pagination.js';
import { rowOf, type Statements } from './statements.js';

/** A list, as parts of SQL that are written in the source. */
export interface ListSql {
  readonly columns: string;
  /** `FROM` and `WHERE`. */
  readonly from: string;
  /** Which of the columns, by their names in the answer, to order by: a unique key, or one at its end. */
  readonly order: string;
}

/** The rows of a slice of a list, and how many the list has in all. */
export interface PageOfRows<Row> {
  readonly rows: Row[];
  readonly count: number;
}

/**
 * The slice is taken outside of what is counted: planned together, PostgreSQL takes the count for one that
 * ends with the slice, and may walk through a whole table in the order of its ids.
 * @param values for the parameters of `from`
 * @returns a slice and the whole count by one statement; by two where the slice lies behind the end of the list
 */
export async function readPage<Row extends object>(
  on: Statements,
  { columns, from, order }: ListSql,
  values: readonly unknown[],
  { limit, offset }: Slice,
): Promise<PageOfRows<Row>> {
  const next = values.length + 1;
  const slice = `LIMIT $${String(next)} OFFSET $${String(next + 1)}`;
  const rows = await on.query<Row & { count: number }>(
    `SELECT * FROM (SELECT ${columns}, (count(*) OVER ())::integer AS count ${from}) list ORDER BY ${order} ${slice}`,
    [...values, limit, offset],
  );
  const [first] = rows;
  if (first !== undefined || offset === 0) return { rows, count: first?.count ?? 0 };
  return {
    rows,
    count: rowOf(await on.query<{ count: number }>(`SELECT count(*)::integer AS count ${from}`, values)).count,
  };
}
