import type { EntityManager } from 'typeorm';
import { DamagedExport } from './errors.js';
import type { Counts, RowLine } from './format.js';
import { columnList, quoted, type Table } from './tables.js';

/** Upper bounds of one statement. */
const MAX_ROWS = 1000;
const MAX_CHARACTERS = 8_000_000;

/** Stores rows in batches, in the transaction of its manager. */
export class RowLoader {
  readonly counts: Counts;
  private readonly tables: ReadonlyMap<string, Table>;
  private waiting: RowLine[] = [];
  private characters = 0;

  constructor(
    private readonly manager: EntityManager,
    tables: readonly Table[],
  ) {
    this.tables = new Map(tables.map((table) => [table.name, table]));
    this.counts = Object.fromEntries(tables.map(({ name }) => [name, 0]));
  }

  /**
   * Adds a row to the batch, and stores the previous batch if it is full.
   * @param characters approximate length of the row
   */
  async add(line: RowLine, characters: number): Promise<void> {
    const isFull = this.waiting.length === MAX_ROWS || this.characters + characters > MAX_CHARACTERS;
    if (isFull || this.waiting[0]?.table !== line.table) await this.flush();
    this.waiting.push(line);
    this.characters += characters;
  }

  /**
   * Stores the rows of the batch.
   * @throws DamagedExport a row belongs to no table, or does not fit its columns
   * @throws QueryFailedError the database rejects the rows
   */
  async flush(): Promise<void> {
    const [first] = this.waiting;
    if (first === undefined) return;
    const table = this.tables.get(first.table);
    if (table === undefined) throw new DamagedExport('a row belongs to an unknown table');
    const { name, columns } = table;
    if (this.waiting.some(({ row }) => row.length !== columns.length)) {
      throw new DamagedExport('a row does not have the columns of its table');
    }
    const parameters = columns.map((_, index) => `$${String(index + 1)}::text[]`).join(', ');
    const names = columns.map((_, index) => `c${String(index)}`).join(', ');
    const values = columns.map(({ type }, index) => `c${String(index)}::${type}`).join(', ');
    await this.manager.query(
      `INSERT INTO ${quoted(name)} (${columnList(columns)}) OVERRIDING SYSTEM VALUE
       SELECT ${values} FROM unnest(${parameters}) AS row (${names})`,
      columns.map((_, index) => this.waiting.map(({ row }) => row[index])),
    );
    this.counts[name] = (this.counts[name] ?? 0) + this.waiting.length;
    this.waiting = [];
    this.characters = 0;
  }
}
