import { hkdfSync, randomBytes } from 'node:crypto';
import { seal, unseal } from '../../common/sealing.js';
import type { SigningKey, SigningKeys } from '../evidence/signing-keys.js';

/** Bytes of a secret; Standard Webhooks requires 24 to 64. */
const SECRET_BYTES = 32;

/** Separates the derived key from every other use of the signing key. */
const PURPOSE = 'hospital-memberships webhook secrets';

const KEY_BYTES = 32;

/** A secret as it is stored. */
export interface StoredSecret {
  /** Nonce, tag and ciphertext; the secret itself if `key` is null. */
  readonly secret: Buffer;
  /** The `kid` of the signing key from which the encryption key was derived; null if there was none. */
  readonly key: string | null;
}

/** The signing key that encrypted a secret is missing, or the stored bytes were changed. */
export class UnreadableSecret extends Error {}

/** @returns a new random secret */
export function newSecret(): Buffer {
  return randomBytes(SECRET_BYTES);
}

/** @returns the secret as the receiver gets it (Standard Webhooks 1.0.0) */
export function secretText(secret: Buffer): string {
  return `whsec_${secret.toString('base64')}`;
}

/**
 * Encrypts secrets with a key derived from the signing key, so that a leaked dump of the database opens none. Without a
 * signing key they are stored as they are.
 */
export class WebhookSecrets {
  constructor(private readonly keys: SigningKeys) {}

  /** @param name of the webhook, to which the result is bound: it cannot be opened as that of another one */
  seal(name: string, secret: Buffer): StoredSecret {
    const { first } = this.keys;
    if (first === undefined) return { secret, key: null };
    return { secret: seal(derive(first), Buffer.from(name), secret), key: first.jwk.kid };
  }

  /** @throws UnreadableSecret */
  open(name: string, { secret, key }: StoredSecret): Buffer {
    if (key === null) return secret;
    const signingKey = this.keys.all.find(({ jwk }) => jwk.kid === key);
    if (signingKey === undefined) throw new UnreadableSecret();
    try {
      return unseal(derive(signingKey), Buffer.from(name), secret);
    } catch {
      throw new UnreadableSecret();
    }
  }
}

function derive({ privateKey }: SigningKey): Buffer {
  const { d = '' } = privateKey.export({ format: 'jwk' });
  return Buffer.from(hkdfSync('sha256', Buffer.from(d, 'base64url'), '', PURPOSE, KEY_BYTES));
}
