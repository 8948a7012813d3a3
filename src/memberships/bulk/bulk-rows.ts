import { InvalidFields, WHOLE_INPUT, type FieldErrors } from '../../common/errors.js';
import { isObject } from '../../http/input/coercion.js';
import { InputPipe } from '../../http/input/input.pipe.js';
import type { BulkEntry } from './bulk-memberships.js';
import { BulkRowDto } from './bulk-row.dto.js';
import { failed } from './bulk.js';

const pipe = new InputPipe();

/** @returns the rows, and for each one that cannot be read its errors */
export function readRows(rows: readonly unknown[]): Promise<BulkEntry[]> {
  return Promise.all(rows.map(readRow));
}

async function readRow(row: unknown): Promise<BulkEntry> {
  if (!isObject(row)) return failed(WHOLE_INPUT, 'Must be an object.');
  try {
    const read = (await pipe.transform(row, { type: 'body', metatype: BulkRowDto })) as BulkRowDto;
    const { medic, email, type_membership: type, valid_until: validUntil, restore = false } = read;
    if ((medic === undefined) === (email === undefined)) {
      return failed('medic', 'Name the medic by either medic or email.');
    }
    return { medic, email, type, validUntil, restore };
  } catch (error) {
    if (!(error instanceof InvalidFields)) throw error;
    return { status: 'failed', errors: error.details['errors'] as FieldErrors };
  }
}
