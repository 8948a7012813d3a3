import { booleanType, emailType, Field, idType } from '../../http/input/fields.js';
import type { MembershipType } from '../membership.entity.js';
import { limitField, membershipType } from '../dto/membership.fields.js';

/** One row of a bulk request. It names its medic by `medic` or by `email`. */
export class BulkRowDto {
  @Field(idType, { example: 2, description: 'Id of the medic; send either this or `email`.' })
  medic?: number;

  @Field(emailType, { example: 'ana.nunez@example.org', description: "The medic's email, in any letter case." })
  email?: string;

  @Field(membershipType, { example: 'MEMBER', description: 'MEMBER by default; a restored one keeps its type.' })
  type_membership?: MembershipType;

  @limitField(
    'When the membership ends by itself, in the future; null or absent: never, or as before if it is restored.',
  )
  valid_until?: string | null;

  @Field(booleanType, { example: false, description: 'Whether a removed membership is restored.' })
  restore?: boolean;
}
