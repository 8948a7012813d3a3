import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { format } from 'prettier';
import { barsOf, type Bars } from './plots.js';

/** A row of a table: heading to cell. Every row of a table has the same headings. */
export type Row = Readonly<Record<string, string | number>>;

const PERFORMANCE = 'docs/performance.md';
const SCALING = 'docs/scaling.md';

/** The tables that documents contain, and where. */
const TABLES = {
  results: PERFORMANCE,
  decisions: PERFORMANCE,
  servers: PERFORMANCE,
  sizes: PERFORMANCE,
  record: PERFORMANCE,
  feed: PERFORMANCE,
  delivery: PERFORMANCE,
  metrics: PERFORMANCE,
  memory: PERFORMANCE,
  spicedb: PERFORMANCE,
  cost: SCALING,
  load: SCALING,
  workers: SCALING,
  storage: SCALING,
  sequencing: SCALING,
} as const;

/** Prints tables and, with `--save`, writes them and the plots into the documents. */
export class Report {
  /** @param isSaved whether the documents are changed */
  constructor(private readonly isSaved: boolean) {}

  /** Prints a table, and replaces the one with its name in the document. */
  async table(name: keyof typeof TABLES, rows: readonly Row[]): Promise<void> {
    console.table(rows);
    if (!this.isSaved) return;
    const file = TABLES[name];
    const [begin, end] = [`<!-- bench: ${name} -->`, `<!-- end of bench: ${name} -->`];
    const text = readFileSync(file, 'utf8');
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`${file} has no place for the table ${name}.`);
    const changed = `${text.slice(0, from + begin.length)}\n\n${markdownOf(rows)}\n\n${text.slice(to)}`;
    writeFileSync(file, await format(changed, { parser: 'markdown', printWidth: 120 }));
  }

  /** Writes a plot; its name is that of the file. */
  plot(name: string, bars: Bars): void {
    if (!this.isSaved) return;
    const file = `docs/plots/${name}.svg`;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, barsOf(bars));
  }
}

function markdownOf(rows: readonly Row[]): string {
  const headings = Object.keys(rows[0] ?? {});
  const line = (cells: readonly (string | number)[]) => `| ${cells.map(cellOf).join(' | ')} |`;
  const body = rows.map((row) => line(headings.map((heading) => row[heading] ?? '')));
  return [line(headings), line(headings.map(() => '---')), ...body].join('\n');
}

function cellOf(cell: string | number): string {
  return Number.isNaN(cell) ? '' : String(cell);
}
