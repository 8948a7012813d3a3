import { rowOf, type Statements } from './statements.js';

/** The requested part of a list. */
export interface Slice {
  readonly limit: number;
  readonly offset: number;
}

/** A list ordered by an id, as SQL fragments from the source code, never from input. */
export interface ListSql {
  /** The select list of a row. */
  readonly columns: string;
  /** The joined tables that {@link columns} needs: the text after `FROM`. */
  readonly source: string;
  /** The column of {@link source} that orders the list. */
  readonly id: string;
  /** `FROM` and `WHERE` of the whole list, with as few tables as possible. */
  readonly from: string;
  /**
   * As `from`, but for the first ids only, if an index can find those without reading the others.
   * @param count SQL for the number of ids needed
   */
  readonly firstIds?: (count: string) => string;
}

/** The rows of a slice and the length of the whole list. */
export interface PageOfRows<Row> {
  readonly rows: Row[];
  readonly count: number;
}

/** A row with the total count. An empty slice is one row with a null id. */
export type RowOfPage<Row> = { readonly count: number } & (Row | { readonly id: null });

/**
 * Builds the SQL of a page. It finds the ids of the slice first, then joins the other tables for those ids only.
 * @param limit SQL for the length of the slice
 * @param offset SQL for the start of the slice
 * @param countLimit SQL for an upper bound of the count; without it every row is counted
 * @returns SQL for the rows of a page, in no particular order
 */
export function sqlOfPage(list: ListSql, limit: string, offset: string, countLimit?: string): string {
  const { columns, source, id, from } = list;
  const first = list.firstIds?.(`${limit}::bigint + ${offset}::bigint`) ?? from;
  const counted = countLimit === undefined ? from : `FROM (SELECT ${from} LIMIT ${countLimit}) counted`;
  return `SELECT page.*, total.count FROM (SELECT count(*)::integer AS count ${counted}) total
    LEFT JOIN (SELECT ${columns}
      FROM (SELECT ${id} AS id ${first} ORDER BY ${id} LIMIT ${limit} OFFSET ${offset}) ids
      JOIN (${source}) ON ${id} = ids.id) page ON true`;
}

/** @param rows the result of {@link sqlOfPage} */
export function pageOfRows<Row>(rows: readonly RowOfPage<Row>[]): PageOfRows<Row> {
  const isRow = (row: RowOfPage<Row>): row is Row & RowOfPage<Row> => (row as { id: number | null }).id !== null;
  return { rows: rows.filter(isRow), count: rowOf(rows).count };
}

/**
 * Reads a slice and the total count in one statement.
 * @param values the parameters of `list.from`
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
