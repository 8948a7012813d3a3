import { booleanType, Field, idType, ReadOnlyFields } from '../../http/input/fields.js';
import type { MembershipType } from '../membership.entity.js';
import { limitField, membershipType } from './membership.fields.js';

@ReadOnlyFields('id', 'date_joined')
export class CreateMembershipDto {
  @Field(idType, { required: true, example: 2, description: 'Id of the medic whose membership it is.' })
  medic!: number;

  @Field(idType, { required: true, example: 1, description: 'Id of the hospital; you must be an ADMIN there.' })
  hospital!: number;

  @Field(membershipType, { example: 'MEMBER', description: 'MEMBER by default; any letter case.' })
  type_membership?: MembershipType;

  @Field(booleanType, {
    example: false,
    description: "Whether this is the medic's current active hospital; a medic's first one always is.",
  })
  is_active?: boolean;

  @Field(
    {
      ...booleanType,
      check: (deleted: boolean) =>
        deleted ? 'A new membership cannot be deleted; omit this field or send false.' : undefined,
    },
    { example: false, description: 'Must be false.' },
  )
  is_deleted?: boolean;

  @limitField('When the membership starts; null or absent: at once.')
  valid_from?: string | null;

  @limitField('When the membership ends by itself, in the future; null or absent: never.')
  valid_until?: string | null;
}
