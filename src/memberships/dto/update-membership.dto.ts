import { readId } from '../../http/input/coercion.js';
import { booleanType, Field, idType, ReadOnlyFields, type FieldType } from '../../http/input/fields.js';
import type { MembershipType } from '../membership.entity.js';
import { membershipType } from './membership.fields.js';

/** An id, or the object with that id that a GET returns. */
const idOrObject: FieldType = {
  ...idType,
  read: (value) => readId(typeof value === 'object' && value !== null && 'id' in value ? value.id : value),
};

/** Absent fields stay unchanged. */
@ReadOnlyFields('id', 'date_joined')
export class UpdateMembershipDto {
  @Field(idOrObject, { example: 2, description: 'Only the present medic is taken, as its id or as GET answers it.' })
  medic?: number;

  @Field(idType, { example: 1, description: 'Only the present hospital is taken.' })
  hospital?: number;

  @Field(membershipType, { example: 'ADMIN', description: 'In any letter case.' })
  type_membership?: MembershipType;

  @Field(booleanType, { example: true, description: "Whether it is the medic's current active hospital." })
  is_active?: boolean;

  @Field(booleanType, { example: false, description: 'false restores a deleted membership, true deletes a live one.' })
  is_deleted?: boolean;
}
