import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
/** Lengths in bytes. */
const [NONCE, TAG] = [12, 16];

/**
 * Encrypts content (AES-256-GCM).
 * @param key 32 bytes
 * @param owner what the result is bound to: it cannot be opened as that of another one
 * @returns nonce, tag and ciphertext
 */
export function seal(key: Buffer, owner: Buffer, content: Buffer): Buffer {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(owner);
  const encrypted = Buffer.concat([cipher.update(content), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), encrypted]);
}

/**
 * @param sealed the result of {@link seal} for the same key and owner
 * @returns the content
 * @throws Error it was changed, or the key or the owner differs
 */
export function unseal(key: Buffer, owner: Buffer, sealed: Buffer): Buffer {
  const [nonce, tag] = [sealed.subarray(0, NONCE), sealed.subarray(NONCE, NONCE + TAG)];
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG }).setAAD(owner).setAuthTag(tag);
  return Buffer.concat([decipher.update(sealed.subarray(NONCE + TAG)), decipher.final()]);
}
