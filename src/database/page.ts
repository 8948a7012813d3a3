import { rowOf, type Statements } from './statements.js';

/** A part of a list: so many rows after so many others. */
export interface Slice {
  readonly limit: number;
  readonly offset: number;
}

/** A list by an id, as parts of SQL that are written in the source. */
export interface ListSql {
  /** What a row is made of. */
  readonly columns: string;
  /** The tables of {@link columns}, to follow `FROM`. */
  readonly source: string;
  /** The column of {@link source} that the list is in the order of. */
  readonly id: string;
  /** The ids of the whole list: `FROM` and `WHERE`, with the fewest tables that tell them. */
  readonly from: string;
  /**
   * The same for the first ids of the list only, if those can be found without the others.
   * @param count SQL for how many are needed
   */
  readonly firstIds?: (count: string) => string;
}

/** The rows of a slice of a list, and how many the list has in all. */
export interface PageOfRows<Row> {
  readonly rows: Row[];
  readonly count: number;
}

/** A row of a slice beside the whole count, which stands alone where the slice is empty. */
export type RowOfPage<Row> = { readonly count: number } & (Row | { readonly id: null });

/**
 * Finds the ids of the slice first and joins the tables for those alone.
 * @param limit, offset SQL for the slice
 * @param most SQL for the number at which counting ends; to the end where it is absent
 * @returns SQL for rows of a page, in no order
 */
export function sqlOfPage(list: ListSql, limit: string, offset: string, most?: string): string {
  const { columns, source, id, from } = list;
  const first = list.firstIds?.(`${limit}::bigint + ${offset}::bigint`) ?? from;
  const counted = most === undefined ? from : `FROM (SELECT ${from} LIMIT ${most}) counted`;
  return `SELECT page.*, total.count FROM (SELECT count(*)::integer AS count ${counted}) total
    LEFT JOIN (SELECT ${columns}
      FROM (SELECT ${id} AS id ${first} ORDER BY ${id} LIMIT ${limit} OFFSET ${offset}) ids
      JOIN (${source}) ON ${id} = ids.id) page ON true`;
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
