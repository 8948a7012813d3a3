import { MigrationExecutor, type EntityManager } from 'typeorm';
import { DamagedExport } from './errors.js';
import type { Table } from './tables.js';

/** Goes up whenever an older program could not read what this one writes. */
export const FORMAT_VERSION = 1;

/** Rows by table. */
export type Counts = Record<string, number>;

/** The first line: what the rows that follow fit. */
export interface Header {
  readonly format: 'hospital-memberships';
  readonly version: number;
  readonly migrations: readonly string[];
  /** Table -> the names of its columns, in the order in which rows have them. */
  readonly tables: Readonly<Record<string, readonly string[]>>;
}

/** A row: PostgreSQL's own text of each column, or null. */
export interface RowLine {
  readonly table: string;
  readonly row: readonly (string | null)[];
}

/** Where a sequence stands; after the rows. */
export interface SequenceLine {
  readonly sequence: {
    readonly table: string;
    readonly column: string;
    readonly value: string;
    readonly used: boolean;
  };
}

/** The last line: how many rows there were. */
export interface EndLine {
  readonly end: Counts;
}

/** Any line but the first. */
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

/** @throws DamagedExport the line is not the first one of an export */
export function parseHeader(text: string | undefined): Header {
  const header = parse(text ?? '') as Partial<Header>;
  if (header.format !== 'hospital-memberships' || !Array.isArray(header.migrations)) {
    throw new DamagedExport('it does not begin as one');
  }
  return header as Header;
}

/** @throws DamagedExport the line is none that an export has after the first one */
export function parseLine(text: string): Line {
  const line = parse(text) as Partial<RowLine & SequenceLine & EndLine>;
  if (line.row === undefined && line.sequence === undefined && line.end === undefined) {
    throw new DamagedExport('a line is none that an export has');
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
