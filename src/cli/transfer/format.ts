import { MigrationExecutor, type EntityManager } from 'typeorm';
import { DamagedExport } from './errors.js';
import type { Table } from './tables.js';

/** Increased when older versions of the service cannot read the format anymore. */
export const FORMAT_VERSION = 1;

/** Number of rows by table. */
export type Counts = Record<string, number>;

/** First line of an export: the schema of the rows. */
export interface Header {
  readonly format: 'hospital-memberships';
  readonly version: number;
  readonly migrations: readonly string[];
  /** Table -> names of its columns, in the order of the values in a row. */
  readonly tables: Readonly<Record<string, readonly string[]>>;
}

/** A row: the PostgreSQL text form of each column, or null. */
export interface RowLine {
  readonly table: string;
  readonly row: readonly (string | null)[];
}

/** State of a sequence. These lines follow the rows. */
export interface SequenceLine {
  readonly sequence: {
    readonly table: string;
    readonly column: string;
    readonly value: string;
    readonly used: boolean;
  };
}

/** Last line of an export. */
export interface EndLine {
  readonly end: Counts;
}

/** Any line except the first. */
export type Line = RowLine | SequenceLine | EndLine;

/** @returns the header of an export of the database, in the transaction of `manager` */
export async function headerOf(manager: EntityManager, tables: readonly Table[]): Promise<Header> {
  const ran = await new MigrationExecutor(manager.dataSource, manager.queryRunner).getExecutedMigrations();
  return {
    format: 'hospital-memberships',
    version: FORMAT_VERSION,
    migrations: ran.map(({ name }) => name).sort(),
    tables: Object.fromEntries(tables.map(({ name, columns }) => [name, columns.map((column) => column.name)])),
  };
}

/** @throws DamagedExport the line is not the header of an export */
export function parseHeader(text: string | undefined): Header {
  const header = parse(text ?? '') as Partial<Header>;
  if (header.format !== 'hospital-memberships' || !Array.isArray(header.migrations)) {
    throw new DamagedExport('its first line is not the header of an export');
  }
  return header as Header;
}

/** @throws DamagedExport the line is of no known kind */
export function parseLine(text: string): Line {
  const line = parse(text) as Partial<RowLine & SequenceLine & EndLine>;
  if (line.row === undefined && line.sequence === undefined && line.end === undefined) {
    throw new DamagedExport('a line is of no known kind');
  }
  return line as Line;
}

function parse(text: string): object {
  try {
    return Object(JSON.parse(text)) as object;
  } catch {
    throw new DamagedExport('a line is not JSON');
  }
}
