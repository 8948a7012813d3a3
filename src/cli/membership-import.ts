import { readFile } from 'node:fs/promises';
import { OperatorError } from '../common/errors.js';
import { decodeText } from '../http/input/text.js';
import { readCsvRows } from '../memberships/bulk/bulk-csv.js';
import { BulkMemberships, type BulkResult } from '../memberships/bulk/bulk-memberships.js';
import { readRows } from '../memberships/bulk/bulk-rows.js';
import { BULK_STATUSES, MAX_ROWS, toBulkResponse } from '../memberships/bulk/bulk.dtos.js';
import { lineOf, onCurrentDatabase, print, progressOf, type Session } from './session.js';
import { requireReadableFile } from './transfer/lines-file.js';

/** Upper bound for the rows of a file, which is read at once. */
const MAX_ROWS_OF_FILE = 100_000;

export interface ImportOptions {
  readonly hospital: number;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/**
 * Adds the medics of a CSV file to a hospital, each thousand in a transaction of its own. It can be run again: a medic
 * who has been added is left unchanged.
 * @throws OperatorError a row failed, the hospital does not exist, or the file is not readable
 */
export async function importMemberships(session: Session, file: string, options: ImportOptions): Promise<void> {
  await requireReadableFile(file);
  const rows = readCsvRows(decodeText(await readFile(file)), MAX_ROWS_OF_FILE);
  const progress = progressOf(session);
  const results = await onCurrentDatabase(session, async (dataSource) => {
    const memberships = new BulkMemberships(dataSource);
    const done: BulkResult[] = [];
    for (let start = 0; start < rows.length; start += MAX_ROWS) {
      const entries = readRows(rows.slice(start, start + MAX_ROWS));
      done.push(...(await memberships.add(null, options.hospital, entries, options.dryRun === true)));
      progress('membership', done.length);
    }
    return done;
  });
  const data = toBulkResponse(results);
  const failures = results.flatMap((result, index) => (result.status === 'failed' ? [failureLine(result, index)] : []));
  const summary = BULK_STATUSES.map((status) => `${status} ${String(data[status])}`).join(', ');
  print(
    session,
    options,
    data,
    [...failures, options.dryRun === true ? `${summary} (nothing changed)` : summary].join('\n'),
  );
  if (failures.length > 0) {
    throw new OperatorError(
      'Some rows failed; correct them and run the command again. It leaves the others unchanged.',
    );
  }
}

/** @returns the number of the row, from 1 and without the header, and its errors */
function failureLine({ errors }: Extract<BulkResult, { status: 'failed' }>, index: number): string {
  const reasons = Object.entries(errors).map(([field, sentences]) => `${field}: ${sentences.join(' ')}`);
  return lineOf(`row ${String(index + 1)}`, ...reasons);
}
