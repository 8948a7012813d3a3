import { ApiProperty } from '@nestjs/swagger';
import { Field, wholeNumberType } from '../../../http/input/fields.js';
import { entryIdType } from '../../dto/entry-id.field.js';
import type { PublicJwk } from '../signing-keys.js';

/** Names one entry. */
export class ProofQuery {
  @Field(wholeNumberType(1), { example: 1, description: 'Position of the entry. Send either this or `entry`.' })
  position?: number;

  @Field(entryIdType, { description: 'Id of the entry. Send either this or `position`.' })
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
