import { applyDecorators } from '@nestjs/common';
import { ApiConsumes, ApiQuery } from '@nestjs/swagger';
import { CsvError, parse } from 'csv-parse/sync';
import { InvalidInput } from '../../common/errors.js';
import { BODY_LIMIT } from '../../http/server/fastify-options.js';
import { RouteSettings } from '../../http/server/route-settings.js';
import { MAX_ROWS } from './bulk.dtos.js';

/** Columns of a file; the order is free, and only one of the first two is required. */
const COLUMNS = ['medic', 'email', 'type_membership', 'valid_until', 'restore'];

/**
 * A row has at most as many cells as there are columns; some empty lines harm nobody. Further cells with content are
 * left out: those before them already make the row fail.
 */
const MAX_CELLS_PER_ROW = 20;

/** Makes the route accept `text/csv` as well, with the hospital in the query. */
export const AcceptsCsv = (): MethodDecorator =>
  applyDecorators(
    RouteSettings({ readCsv: (text, { hospital }) => (text === '' ? { hospital } : withRows({ hospital }, text)) }),
    ApiConsumes('application/json', 'text/csv'),
    ApiQuery({ name: 'hospital', required: false, schema: { type: 'integer' }, description: 'Only with a CSV body.' }),
  );

/** The rows are read when something asks for them: after the caller's right was checked, because reading takes long. */
function withRows(fields: object, text: string): object {
  let rows: object[] | undefined;
  return Object.defineProperty(fields, 'memberships', {
    enumerable: true,
    get: () => (rows ??= readCsvRows(requireUtf8(text))),
  });
}

/** Each byte that is not UTF-8 becomes two surrogates of three bytes, and the parser takes time for each of them. */
function requireUtf8(text: string): string {
  if (Buffer.byteLength(text) > BODY_LIMIT) throw new InvalidInput('The file is not UTF-8; save it as UTF-8.');
  return text;
}

/**
 * Reads the rows of a CSV file (RFC 4180) with a header row. It accepts what spreadsheets write: a byte order mark, any
 * line break, quoted cells, and semicolons or tabs instead of commas. An empty cell is an absent field.
 * @param max upper bound for the rows
 * @returns the rows, as JSON would contain them
 * @throws InvalidInput the text is no CSV, has unknown or repeated columns, or too many rows
 */
export function readCsvRows(text: string, max = MAX_ROWS): Record<string, string>[] {
  const [header = [], ...rows] = recordsOf(text, max);
  const columns = header.map((name) => name.trim().toLowerCase());
  requireColumns(columns);
  if (rows.length > max) throw new InvalidInput(`Send at most ${String(max)} rows.`);
  return rows.map((cells) =>
    Object.fromEntries(
      cells
        .map((cell, at) => [columns[at] ?? `column ${String(at + 1)}`, cell.trim()] as const)
        .filter(([, cell]) => cell !== '')
        .slice(0, MAX_CELLS_PER_ROW),
    ),
  );
}

function recordsOf(text: string, max: number): string[][] {
  const delimiter = delimiterOf(text);
  if (hasMoreSeparators(text, delimiter, max * MAX_CELLS_PER_ROW)) {
    throw new InvalidInput('The file has too many cells or empty lines; remove them.');
  }
  try {
    // With one kind of line break the parser takes 15 % less time.
    return parse(withInvalidBytes(text).replace(/\r\n?/g, '\n'), {
      bom: true,
      // Allows spaces around quotes. Between tabs it would remove empty cells.
      trim: delimiter !== '\t',
      delimiter,
      // Otherwise the parser looks for the kind of line break at every character of the first line.
      recordDelimiter: '\n',
      skipEmptyLines: true,
      // A row with too many cells fails alone, because its extra cells are unknown fields.
      relaxColumnCount: true,
      // A row with a quote within a cell as well. Only a cell that starts with a quote and does not end with one is an
      // error of the file, because nobody knows where its row ends.
      relaxQuotes: true,
      // The header, the rows, and one row too many.
      to: max + 2,
    });
  } catch (error) {
    if (error instanceof CsvError) throw new InvalidInput('This is not valid CSV; check its quotes.');
    throw error;
  }
}

/**
 * The parser would turn the surrogates that stand for invalid bytes into U+FFFD, which is valid. U+0000 makes the field
 * invalid as they do.
 */
function withInvalidBytes(text: string): string {
  return text.isWellFormed() ? text : text.replace(/\p{Surrogate}+/gu, '\0');
}

/** Counts before parsing: the parser would need a second for a megabyte of commas. */
function hasMoreSeparators(text: string, delimiter: string, limit: number): boolean {
  // Three comparisons take a third of the time of a set.
  const [lineFeed, carriageReturn, other] = [0x0a, 0x0d, delimiter.charCodeAt(0)];
  let found = 0;
  for (let at = 0; at < text.length && found <= limit; at += 1) {
    const code = text.charCodeAt(at);
    if (code === lineFeed || code === carriageReturn || code === other) found += 1;
  }
  return found > limit;
}

/** Excel writes semicolons where a comma separates decimals. */
function delimiterOf(text: string): string {
  const [header = ''] = text.split(/[\r\n]/, 1);
  return [';', '\t'].find((delimiter) => header.includes(delimiter)) ?? ',';
}

function requireColumns(columns: readonly string[]): void {
  const unknown = columns.findIndex((name) => !COLUMNS.includes(name));
  if (unknown >= 0) {
    const place = `Column ${String(unknown + 1)} of the header is unknown`;
    throw new InvalidInput(`${place}; the columns are ${COLUMNS.join(', ')}.`);
  }
  if (new Set(columns).size < columns.length) throw new InvalidInput('The header has a column twice; name each once.');
  if (!columns.includes('medic') && !columns.includes('email')) {
    throw new InvalidInput('The header has neither the column medic nor the column email; add one of them.');
  }
}
