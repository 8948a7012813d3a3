import { booleanType, Field, idType } from '../../http/input/fields.js';
import { instantType } from '../../http/input/instants.js';
import { PageQuery } from '../../http/output/pagination.js';
import type { MembershipType } from '../membership.entity.js';
import { membershipType } from './membership.fields.js';

/** Filters that every list of memberships has. */
class MembershipFilters extends PageQuery {
  @Field(membershipType, { description: 'Only memberships of this type.' })
  type_membership?: MembershipType;

  @Field(booleanType, { description: 'true lists deleted memberships instead of live ones.' })
  is_deleted?: boolean;

  @Field(booleanType, {
    description:
      'false lists memberships that have ended or not started yet, for ADMINs; without it live ones are listed, and of ' +
      'deleted ones all.',
  })
  in_force?: boolean;
}

/** Filters for the memberships of one hospital. Without `limit` and `offset` the whole list is returned. */
export class HospitalMembershipsQuery extends MembershipFilters {
  @Field(instantType, {
    description:
      'Lists the memberships as they were at this instant, which must be neither in the future nor before the record.',
  })
  at?: string;
}

/** Filters for the memberships of the caller. */
export class MembershipsQuery extends MembershipFilters {
  @Field(idType, { description: 'Only memberships of this hospital.' })
  hospital?: number;

  @Field(booleanType, { description: 'Only active memberships, or only the others.' })
  is_active?: boolean;

  @Field(booleanType, {
    description: 'true lists the memberships of every hospital that you are an ADMIN of, instead of your own.',
  })
  managed?: boolean;
}
