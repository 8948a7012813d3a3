import { readId } from '../../http/input/coercion.js';
import { booleanType, Field, idType, ReadOnlyFields, type FieldType } from '../../http/input/fields.js';
import type { MembershipType } from '../membership.entity.js';
import { limitField, membershipType } from './membership.fields.js';

/** An id, or the object with that id that a GET returns. */
const idOrObject: FieldType = {
  ...idType,
  read: (value) => readId(typeof value === 'object' && value !== null && 'id' in value ? value.id : value),
};

/** Absent fields stay unchanged. */
@ReadOnlyFields('id', 'date_joined')
export class UpdateMembershipDto {
  @Field(idOrObject, {
    example: 2,
    description: 'Must be the current medic, as an id or as the object that GET returns.',
  })
  medic?: number;

  @Field(idType, { example: 1, description: 'Must be the current hospital.' })
  hospital?: number;

  @Field(membershipType, { example: 'ADMIN', description: 'Any letter case.' })
  type_membership?: MembershipType;

  @Field(booleanType, { example: true, description: "Whether this is the medic's current active hospital." })
  is_active?: boolean;

  @Field(booleanType, { example: false, description: 'false restores a deleted membership, true removes a live one.' })
  is_deleted?: boolean;

  @limitField('When the membership starts; null removes the limit.')
  valid_from?: string | null;

  @limitField('When the membership ends by itself, in the future; null removes the limit.')
  valid_until?: string | null;
}
