import type { Slice } from '../common/pagination.js';
import { rowOf, type Statements } from './statements.js';

/** A list by its `id`, as parts of SQL that are written in the source. */
export interface ListSql {
  readonly columns: string;
  /** `FROM` and `WHERE`. */
  readonly from: string;
}

/** The rows of a slice of a list, and how many the list has in all. */
export interface PageOfRows<Row> {
  readonly rows: Row[];
  readonly count: number;
}

/** A row of a slice beside the whole count, which stands alone where the slice is empty. */
export type RowOfPage<Row> = { readonly count: number } & (Row | { readonly id: null });

/**
 * The list is read whole, and sliced then: where PostgreSQL plans both together, it takes the count for one
 * that ends with the slice, and may walk through a whole table in the order of its ids.
 * @param limit, offset SQL for the slice
 * @returns SQL for rows of a page, in no order
 */
export function sqlOfPage({ columns, from }: ListSql, limit: string, offset: string): string {
  return `WITH list AS MATERIALIZED (SELECT ${columns} ${from})
    SELECT page.*, total.count FROM (SELECT count(*)::integer AS count FROM list) total
    LEFT JOIN (SELECT * FROM list ORDER BY id LIMIT ${limit} OFFSET ${offset}) page ON true`;
}

/** @returns the page that the statement of {@link sqlOfPage} has answered */
export function pageOfRows<Row>(rows: RowOfPage<Row>[]): PageOfRows<Row> {
  const isRow = (row: RowOfPage<Row>): row is Row & RowOfPage<Row> => (row as { id: number | null }).id !== null;
  return { rows: rows.filter(isRow), count: rowOf(rows).count };
}

/**
 * @param values for the parameters of `from`
 * @returns a slice and the whole count, by one statement, wherever the slice lies
 */
export async function readPage<Row extends { readonly id: number }>(
  on: Statements,
  list: ListSql,
  values: readonly unknown[],
  { limit, offset }: Slice,
): Promise<PageOfRows<Row>> {
  const next = values.length + 1;
  const page = sqlOfPage(list, `$${String(next)}`, `$${String(next + 1)}`);
  return pageOfRows(await on.query<RowOfPage<Row>>(`${page} ORDER BY page.id`, [...values, limit, offset]));
}
