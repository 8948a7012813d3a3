import { Field, idType, wholeNumberType, type FieldType } from '../../http/input/fields.js';
import { UNREADABLE } from '../../http/input/coercion.js';
import { entryIdType } from '../dto/entry-id.field.js';
import { ENTRY_TYPES, type EntryType } from '../entry.js';

/** Entries of a response if the request does not say; a larger `limit` than the maximum is lowered to it. */
export const DEFAULT_ENTRIES = 100;
export const MAX_ENTRIES = 1000;

/** Upper bound of `wait`, in seconds. */
const MAX_WAIT = 30;

/** The service checks it, because the error names the head of the record. */
const positionType: FieldType = {
  read: (value) => value,
  sentence: '',
  schema: { type: 'integer', minimum: 0 },
};

const typesType: FieldType = {
  read: (value) => {
    const types = [value].flat() as EntryType[];
    return types.every((type) => ENTRY_TYPES.includes(type)) ? types : UNREADABLE;
  },
  sentence: `Must be one of ${ENTRY_TYPES.join(', ')}.`,
  schema: { type: 'string', isArray: true, enum: ENTRY_TYPES },
};

/** Where a reader of the feed continues, and what it wants. */
export class FeedQuery {
  @Field(positionType, {
    description: 'Return the entries after this position: the last `next`. By default 0, the beginning.',
  })
  after?: unknown;

  @Field(wholeNumberType(1), {
    description: `Number of entries to return, ${String(DEFAULT_ENTRIES)} by default. Values over ${String(MAX_ENTRIES)} count as ${String(MAX_ENTRIES)}. An event stream ignores it.`,
  })
  limit?: number;

  @Field(typesType, { description: 'Only entries of this type; repeat it for several.' })
  type?: EntryType[];

  @Field(idType, { description: 'Only entries about this hospital.' })
  hospital?: number;

  @Field(idType, { description: 'Only entries about this medic.' })
  medic?: number;

  @Field(entryIdType, { description: 'The `id` of the entry at `after`: a 409 if that is another one.' })
  id?: string;

  @Field(wholeNumberType(0, MAX_WAIT), {
    description: `Seconds to wait for an entry if there is none, at most ${String(MAX_WAIT)}. An event stream ignores it.`,
  })
  wait?: number;
}
