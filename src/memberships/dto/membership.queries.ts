import { booleanType, Field, idType } from '../../http/input/fields.js';
import { PageQuery } from '../../http/output/pagination.js';
import type { MembershipType } from '../membership.entity.js';
import { membershipType } from './membership.fields.js';

/** Filters for the memberships of one hospital. Without `limit` and `offset` the whole list is returned. */
export class HospitalMembershipsQuery extends PageQuery {
  @Field(membershipType, { example: 'ADMIN', description: 'Only memberships of this type.' })
  type_membership?: MembershipType;

  @Field(booleanType, { example: false, description: 'true lists the deleted ones instead of the live ones.' })
  is_deleted?: boolean;
}

/** Filters for the memberships of the caller. */
export class MembershipsQuery extends HospitalMembershipsQuery {
  @Field(idType, { example: 1, description: 'Only memberships of this hospital.' })
  hospital?: number;

  @Field(booleanType, { example: true, description: 'Only memberships with this flag.' })
  is_active?: boolean;

  @Field(booleanType, {
    example: false,
    description: 'true lists the memberships of all hospitals that you are an ADMIN of, instead of your own.',
  })
  managed?: boolean;
}
