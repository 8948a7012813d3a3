import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Crockford's base 32, which has no letters that look like digits. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
/** The kinds of account that a key authenticates, by its prefix. */
const PREFIXES = { medic: 'hmk_', service: 'hms_' } as const;
const PREFIX_LENGTH = 4;
const RANDOM_BYTES = 20;
const CHECKSUM_LENGTH = 7;
const SHAPE = new RegExp(`^hm[ks]_[${ALPHABET}]{39}$`);

/** Whose keys they are: those of medics, or those of service accounts. */
export type KeyKind = keyof typeof PREFIXES;

/** @returns a new key: a prefix for secret scanners, 160 random bits and a checksum */
export function generateKey(kind: KeyKind = 'medic'): string {
  const random = base32(randomBytes(RANDOM_BYTES));
  return `${PREFIXES[kind]}${random}${checksum(random)}`;
}

/**
 * Checks the format and the checksum, which spares a look-up of malformed keys.
 * @returns the kind of a well-formed key; null for any other text
 */
export function keyKindOf(text: string): KeyKind | null {
  if (!SHAPE.test(text)) return null;
  if (checksum(text.slice(PREFIX_LENGTH, -CHECKSUM_LENGTH)) !== text.slice(-CHECKSUM_LENGTH)) return null;
  return text.startsWith(PREFIXES.service) ? 'service' : 'medic';
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
