import type { FastifyRequest } from 'fastify';
import { digestOf, isWellFormedKey } from './token-key.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Result of {@link keyDigestOf}; undefined before its first call. */
    keyDigest: Buffer | null | undefined;
  }
}

/**
 * Reads the `Authorization` header once for all that asks: the scheme `Token`, in any letter case, and a key.
 * @returns the SHA-256 of the key; null where there is none, or one that cannot be a key at all
 */
export function keyDigestOf(request: FastifyRequest): Buffer | null {
  if (request.keyDigest === undefined) {
    const [, key = ''] = /^token +(\S+) *$/i.exec(request.headers.authorization ?? '') ?? [];
    request.keyDigest = isWellFormedKey(key) ? digestOf(key) : null;
  }
  return request.keyDigest;
}
