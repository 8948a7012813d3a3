import { ApiProperty } from '@nestjs/swagger';
import { UNREADABLE } from '../../../http/input/coercion.js';
import { Field, wholeNumberType, type FieldType } from '../../../http/input/fields.js';
import type { PublicJwk } from '../signing-keys.js';

/** The id of an entry. */
const uuidType: FieldType = {
  read: (value) =>
    typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value) ? value : UNREADABLE,
  sentence: 'Must be the id of an entry: a UUID.',
  schema: { type: 'string', format: 'uuid' },
};

/** Names one entry. */
export class ProofQuery {
  @Field(wholeNumberType(1), { description: 'Position of the entry. Send either this or `entry`.' })
  position?: number;

  @Field(uuidType, { description: 'Id of the entry. Send either this or `position`.' })
  entry?: string;
}

/** A public key (RFC 8037). */
export class PublicKeyResponse implements PublicJwk {
  @ApiProperty({ type: 'string', example: 'OKP' })
  kty!: 'OKP';

  @ApiProperty({ type: 'string', example: 'Ed25519' })
  crv!: 'Ed25519';

  @ApiProperty({
    example: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
    description: 'The key: 32 bytes in base64url.',
  })
  x!: string;

  @ApiProperty({
    example: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
    description: 'The thumbprint of the key (RFC 7638).',
  })
  kid!: string;

  @ApiProperty({ type: 'string', example: 'sig' })
  use!: 'sig';

  @ApiProperty({ type: 'string', example: 'EdDSA' })
  alg!: 'EdDSA';
}

/** A JSON Web Key Set (RFC 7517). */
export class KeySetResponse {
  @ApiProperty({
    type: [PublicKeyResponse],
    description: 'The first key signs; the others verify what was signed earlier. Empty without a signing key.',
  })
  keys!: PublicKeyResponse[];
}
