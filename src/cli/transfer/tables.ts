import type { EntityManager } from 'typeorm';

/** A column, by the catalogue of the database. */
export interface Column {
  readonly name: string;
  /** As SQL writes it, such as `timestamp with time zone`. */
  readonly type: string;
  /** The sequence that its values come from, as SQL names it; null without one. */
  readonly sequence: string | null;
  /** Its place in the primary key, from 0; null where it is not in it. */
  readonly key: number | null;
}

/** A table whose rows are moved. */
export interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
}

/** @returns the tables of the service with all their columns, as the catalogue has them; not that of the migrations */
export async function readTables(manager: EntityManager): Promise<Table[]> {
  const tables: Table[] = [];
  for (const { tableName: name } of manager.dataSource.entityMetadatas) {
    const columns = await manager.query<Column[]>(
      `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
         pg_get_serial_sequence($1, a.attname) AS sequence, array_position(k.indkey::smallint[], a.attnum) AS key
       FROM pg_attribute a JOIN pg_index k ON k.indrelid = a.attrelid AND k.indisprimary
       WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
       ORDER BY a.attnum`,
      [quoted(name)],
    );
    tables.push({ name, columns });
  }
  return tables;
}

/** @returns the columns of the primary key, in its order, with their places among all columns */
export function keyOf({ columns }: Table): (Column & { readonly index: number })[] {
  return columns
    .map((column, index) => ({ ...column, index }))
    .filter(({ key }) => key !== null)
    .sort((a, b) => Number(a.key) - Number(b.key));
}

/** @returns a name as SQL takes it, whatever it is */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** @returns the names of the columns as SQL lists them */
export function columnList(columns: readonly Column[]): string {
  return columns.map(({ name }) => quoted(name)).join(', ');
}

/**
 * For the transaction under way: every value has one text, whatever the settings of the server, and no
 * statement is too long.
 */
export async function useCanonicalText(manager: EntityManager): Promise<void> {
  await manager.query(`SET LOCAL TimeZone = 'UTC'`);
  await manager.query(`SET LOCAL DateStyle = 'ISO, YMD'`);
  await manager.query(`SET LOCAL bytea_output = 'hex'`);
  await manager.query('SET LOCAL extra_float_digits = 1');
  await manager.query('SET LOCAL statement_timeout = 0');
  await manager.query('SET LOCAL idle_in_transaction_session_timeout = 0');
}
