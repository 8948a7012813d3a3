import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { SignJWT, type JWTPayload } from 'jose';
import { NoSigningKey } from '../record/evidence/evidence.errors.js';
import { SigningKeys } from '../record/evidence/signing-keys.js';
import type { MadeDecision } from './dto/decision.responses.js';
import type { Evaluation } from './evaluation.js';

/** Signs decisions, so that a caller can prove them later. */
@Injectable()
export class Receipts {
  constructor(private readonly keys: SigningKeys) {}

  /** @throws NoSigningKey nothing can be signed */
  requireKey(): void {
    if (this.keys.first === undefined) throw new NoSigningKey();
  }

  /**
   * @param issuer the origin of the record
   * @returns a JWS in compact serialization; `GET /.well-known/jwks.json` has the key that verifies it
   * @throws NoSigningKey
   */
  async sign(
    issuer: string,
    { subject, action, resource }: Evaluation,
    { decision, context }: MadeDecision,
  ): Promise<string> {
    const { first } = this.keys;
    if (first === undefined) throw new NoSigningKey();
    const claims: JWTPayload = {
      iss: issuer,
      iat: Math.floor(Date.parse(context.evaluated_at) / 1000),
      jti: randomUUID(),
      subject,
      action: { name: action },
      resource,
      decision,
      context,
    };
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'EdDSA', kid: first.jwk.kid, typ: 'JWT' })
      .sign(first.privateKey);
  }
}
