import { ApiProperty } from '@nestjs/swagger';
import { booleanType, Field, ReadOnlyFields, textType, wholeNumberType } from '../../http/input/fields.js';

/** Credentials of a log-in. */
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

/** Grace period of the old key. */
export class RotateQuery {
  @Field(wholeNumberType(0, 86_400), { description: 'Seconds that the old key keeps working, 60 by default.' })
  grace?: number;
}

/** Selects the keys to revoke. */
export class RevokeQuery {
  @Field(booleanType, { description: 'true revokes every other key of yours and keeps this one.' })
  all?: boolean;
}

/** Body of a rotation. It has no fields: an unknown one is rejected, because ignoring it would hide a mistake. */
@ReadOnlyFields('token')
export class RotateDto {}

/** A new key, which cannot be read again. */
export class TokenResponse {
  @ApiProperty({ example: 'hmk_00000000000000000000000000000000xxxxxxx', description: 'The key, shown only here.' })
  token!: string;
}
