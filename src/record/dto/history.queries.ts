import { UNREADABLE } from '../../http/input/coercion.js';
import { Field, idType, type FieldType } from '../../http/input/fields.js';
import { instantType } from '../../http/input/instants.js';
import { PageQuery } from '../../http/output/pagination.js';
import { HOSPITAL_ENTRY_TYPES, type HospitalEntryType } from '../entry.js';

const entryType: FieldType = {
  read: (value) => ((HOSPITAL_ENTRY_TYPES as readonly unknown[]).includes(value) ? value : UNREADABLE),
  sentence: `Must be one of ${HOSPITAL_ENTRY_TYPES.join(', ')}.`,
  schema: { type: 'string', enum: [...HOSPITAL_ENTRY_TYPES] },
};

/** Filters for the history of a hospital. */
export class HospitalHistoryQuery extends PageQuery {
  @Field(idType, { description: 'Only changes of memberships of this medic.' })
  medic?: number;

  @Field(instantType, { description: 'Only changes at this instant or later.' })
  from?: string;

  @Field(instantType, { description: 'Only changes before this instant.' })
  to?: string;

  @Field(entryType, { description: 'Only changes of this type.' })
  type?: HospitalEntryType;
}
