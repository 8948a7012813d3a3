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

/**
 * The list is read whole, and sliced then: where PostgreSQL plans both together, it takes the count for one
 * that ends with the slice, and may walk through a whole table in the order of its ids.
 * @param values for the parameters of `from`
 * @returns a slice and the whole count, by one statement, wherever the slice lies
 */
export async function readPage<Row extends { readonly id: number }>(
  on: Statements,
  { columns, from }: ListSql,
  values: readonly unknown[],
  { limit, offset }: Slice,
): Promise<PageOfRows<Row>> {
  const next = values.length + 1;
  const slice = `ORDER BY id LIMIT $${String(next)} OFFSET $${String(next + 1)}`;
  const rows = await on.query<{ count: number } & (Row | { id: null })>(
    `WITH list AS MATERIALIZED (SELECT ${columns} ${from})
     SELECT page.*, total.count FROM (SELECT count(*)::integer AS count FROM list) total
     LEFT JOIN (SELECT * FROM list ${slice}) page ON true ORDER BY page.id`,
    [...values, limit, offset],
  );
  const isRow = (row: { id: number | null }): row is Row & { count: number } => row.id !== null;
  // The count stands alone where the slice is empty.
  return { rows: rows.filter(isRow), count: rowOf(rows).count };
}
