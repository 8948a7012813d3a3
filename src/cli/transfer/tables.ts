import type { EntityManager } from 'typeorm';

/** A column, from the system catalogue. */
export interface Column {
  readonly name: string;
  /** In SQL, such as `timestamp with time zone`. */
  readonly type: string;
  /** SQL name of the sequence of an identity column; null for others. */
  readonly sequence: string | null;
  /** Position in the primary key, from 0; null if it is not part of it. */
  readonly key: number | null;
}

/** A table that is exported and imported. */
export interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
}

/** The tables of the record. The tiles are missing, because `import` computes them from the entries. */
const RECORD_TABLES = ['record_head', 'record_entry', 'record_inbox'];

/**
 * @returns all tables of the service except that of the migrations, with their columns from the system catalogue.
 *   Entities are in the order of their names; TypeORM lists them in the order in which their modules happened to be
 *   loaded.
 */
export async function readTables(manager: EntityManager): Promise<Table[]> {
  const tables: Table[] = [];
  const entities = manager.dataSource.entityMetadatas.map(({ tableName }) => tableName).sort();
  for (const name of [...entities, ...RECORD_TABLES]) {
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

/** @returns the columns of the primary key in its order, with their positions in the table */
export function keyOf({ columns }: Table): (Column & { readonly index: number })[] {
  return columns
    .map((column, index) => ({ ...column, index }))
    .filter(({ key }) => key !== null)
    .sort((a, b) => Number(a.key) - Number(b.key));
}

/** @returns the name as a quoted SQL identifier */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** @returns the quoted names of the columns, separated by commas */
export function columnList(columns: readonly Column[]): string {
  return columns.map(({ name }) => quoted(name)).join(', ');
}

/**
 * Makes the text form of values independent of the settings of the server, and turns timeouts off, until the
 * transaction ends.
 */
export async function useCanonicalText(manager: EntityManager): Promise<void> {
  await manager.query(`SET LOCAL TimeZone = 'UTC'`);
  await manager.query(`SET LOCAL DateStyle = 'ISO, YMD'`);
  await manager.query(`SET LOCAL bytea_output = 'hex'`);
  await manager.query('SET LOCAL extra_float_digits = 1');
  await manager.query('SET LOCAL statement_timeout = 0');
  await manager.query('SET LOCAL idle_in_transaction_session_timeout = 0');
}
