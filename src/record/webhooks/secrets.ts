import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { SigningKey, SigningKeys } from '../evidence/signing-keys.js';

/** Bytes of a secret; Standard Webhooks requires 24 to 64. */
const SECRET_BYTES = 32;

/** Separates the derived key from every other use of the signing key. */
const PURPOSE = 'hospital-memberships webhook secrets';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

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
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, derive(first), nonce).setAAD(Buffer.from(name));
    const encrypted = Buffer.concat([cipher.update(secret), cipher.final()]);
    return { secret: Buffer.concat([nonce, cipher.getAuthTag(), encrypted]), key: first.jwk.kid };
  }

  /** @throws UnreadableSecret */
  open(name: string, { secret, key }: StoredSecret): Buffer {
    if (key === null) return secret;
    const signingKey = this.keys.all.find(({ jwk }) => jwk.kid === key);
    if (signingKey === undefined) throw new UnreadableSecret();
    const nonce = secret.subarray(0, NONCE_BYTES);
    const tag = secret.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
    try {
      const decipher = createDecipheriv(CIPHER, derive(signingKey), nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(name)).setAuthTag(tag);
      return Buffer.concat([decipher.update(secret.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
    } catch {
      throw new UnreadableSecret();
    }
  }
}

function derive({ privateKey }: SigningKey): Buffer {
  const { d = '' } = privateKey.export({ format: 'jwk' });
  return Buffer.from(hkdfSync('sha256', Buffer.from(d, 'base64url'), '', PURPOSE, KEY_BYTES));
}
