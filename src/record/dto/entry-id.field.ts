import { UNREADABLE } from '../../http/input/coercion.js';
import type { FieldType } from '../../http/input/fields.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The id of an entry, in lower case as the record writes it. */
export const entryIdType: FieldType = {
  read: (value) => (typeof value === 'string' && UUID.test(value) ? value.toLowerCase() : UNREADABLE),
  sentence: 'Must be the id of an entry: a UUID.',
  schema: { type: 'string', format: 'uuid' },
};
