import { ApiProperty } from '@nestjs/swagger';
import { booleanType, Field, ReadOnlyFields, textType, wholeNumberType } from '../../http/input/fields.js';

/** The account that wants a key. */
export class LoginDto {
  @Field(textType({ min: 1, max: 254 }), {
    required: true,
    example: 'ana.nunez@example.org',
    description: 'Email of the medic, in any letter case.',
  })
  email!: string;

  @Field(textType({ min: 1, max: 1024 }), {
    required: true,
    example: 'correct horse battery staple',
    description: 'Password of the medic.',
  })
  password!: string;
}

/** How long the old key is to work on. */
export class RotateQuery {
  @Field(wholeNumberType(0, 86_400), { description: 'Seconds that the old key keeps working, 60 by default.' })
  grace?: number;
}

/** Which keys are to be revoked. */
export class RevokeQuery {
  @Field(booleanType, { description: 'true revokes every other key of yours and keeps this one.' })
  all?: boolean;
}

/** A rotation takes nothing in its body: what it has there would be lost in silence. */
@ReadOnlyFields('token')
export class RotateDto {}

/** A key, shown this once. */
export class TokenResponse {
  @ApiProperty({ example: 'hmk_00000000000000000000000000000000xxxxxxx', description: 'The key, shown only here.' })
  token!: string;
}
