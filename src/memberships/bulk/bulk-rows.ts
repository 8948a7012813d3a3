import { WHOLE_INPUT } from '../../common/errors.js';
import { isObject } from '../../http/input/coercion.js';
import { readItem } from '../../http/input/input.pipe.js';
import type { BulkEntry } from './bulk-memberships.js';
import { BulkRowDto } from './bulk-row.dto.js';
import { failed } from './bulk.js';

/** @returns the rows, and for each one that cannot be read its errors */
export function readRows(rows: readonly unknown[]): BulkEntry[] {
  return rows.map(readRow);
}

function readRow(row: unknown): BulkEntry {
  if (!isObject(row)) return failed(WHOLE_INPUT, 'Must be an object.');
  const read = readItem(BulkRowDto, row);
  if ('errors' in read) return { status: 'failed', errors: read.errors };
  const { medic, email, type_membership: type, valid_until: validUntil, restore = false } = read.item;
  if ((medic === undefined) === (email === undefined)) {
    return failed('medic', 'Name the medic by either medic or email.');
  }
  return { medic, email, type, validUntil, restore };
}
