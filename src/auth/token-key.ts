import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Crockford's base 32, which has no letters that look like digits. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const PREFIX = 'hmk_';
const RANDOM_BYTES = 20;
const CHECKSUM_LENGTH = 7;
const SHAPE = new RegExp(`^${PREFIX}[${ALPHABET}]{39}$`);

/** @returns a new key: a prefix for secret scanners, 160 random bits and a checksum */
export function generateKey(): string {
  const random = base32(randomBytes(RANDOM_BYTES));
  return `${PREFIX}${random}${checksum(random)}`;
}

/** Checks the format and the checksum, which spares a look-up of malformed keys. */
export function isWellFormedKey(text: string): boolean {
  return SHAPE.test(text) && checksum(text.slice(PREFIX.length, -CHECKSUM_LENGTH)) === text.slice(-CHECKSUM_LENGTH);
}

/** @returns the SHA-256 of a key, the only form in which keys are stored */
export function digestOf(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}

function checksum(text: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(text));
  return base32(bytes);
}

function base32(bytes: Buffer): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET.charAt((value >>> (bits - 5)) & 31);
  }
  return bits === 0 ? text : text + ALPHABET.charAt((value << (5 - bits)) & 31);
}
