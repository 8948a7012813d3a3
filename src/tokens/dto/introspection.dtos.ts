import { ApiProperty } from '@nestjs/swagger';

/** The form of an introspection, for the document. Unknown parameters are ignored, as RFC 6749 says. */
export class IntrospectDto {
  @ApiProperty({
    example: 'hmk_00000000000000000000000000000000xxxxxxx',
    description: "A medic's key. Anything else is not active.",
  })
  token!: string;

  @ApiProperty({ required: false, description: 'Accepted and ignored.' })
  token_type_hint?: string;
}

/** Exactly `{"active": false}`, or the medic of a live key (RFC 7662, section 2.2). */
export class IntrospectionResponse {
  @ApiProperty({ example: true, description: "Whether it is a medic's key that works now." })
  active!: boolean;

  @ApiProperty({ required: false, example: '33', description: 'Id of the medic.' })
  sub?: string;

  @ApiProperty({ required: false, enum: ['Token'], description: 'The scheme that the key is sent with.' })
  token_type?: 'Token';

  @ApiProperty({
    type: 'integer',
    required: false,
    example: 1_795_828_332,
    description: 'When the key was issued, in seconds since 1970.',
  })
  iat?: number;

  @ApiProperty({
    type: 'integer',
    required: false,
    example: 1_795_871_532,
    description: 'From when on the key is invalid, in seconds since 1970; absent if it never expires.',
  })
  exp?: number;
}

/** @returns the response about a live key, or about anything else if it is null */
export function toIntrospectionResponse(
  key: { readonly medicId: number; readonly issuedAt: number; readonly expiresAt: number | null } | null,
): IntrospectionResponse {
  if (key === null) return { active: false };
  const { medicId, issuedAt: iat, expiresAt: exp } = key;
  return { active: true, sub: String(medicId), token_type: 'Token', iat, ...(exp === null ? {} : { exp }) };
}
