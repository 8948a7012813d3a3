import type { FastifyRequest } from 'fastify';
import { digestOf, keyKindOf, type KeyKind } from './token-key.js';

/** A well-formed key in the `Authorization` header. */
export interface PresentedKey {
  readonly scheme: 'token' | 'bearer';
  readonly kind: KeyKind;
  /** SHA-256 of the key. */
  readonly digest: Buffer;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Result of {@link presentedKeyOf}; undefined before its first call. */
    presentedKey: PresentedKey | 'malformed' | null | undefined;
  }
}

/**
 * Reads the `Authorization` header once for all callers: the scheme `Token` or `Bearer`, in any letter case, and a key.
 * @returns 'malformed' if what follows the scheme cannot be a key; null without a header, or with another scheme
 */
export function presentedKeyOf(request: FastifyRequest): PresentedKey | 'malformed' | null {
  if (request.presentedKey === undefined) request.presentedKey = read(request.headers.authorization ?? '');
  return request.presentedKey;
}

/**
 * @returns the SHA-256 of a key of either kind with the scheme `Token`, the only scheme of the mirrored API; null if
 *   there is none, or if its format is not that of a key
 */
export function keyDigestOf(request: FastifyRequest): Buffer | null {
  const key = presentedKeyOf(request);
  return key !== null && key !== 'malformed' && key.scheme === 'token' ? key.digest : null;
}

/** @returns whether the request carries a well-formed key of a service account, with either scheme */
export function hasServiceKey(request: FastifyRequest): boolean {
  const key = presentedKeyOf(request);
  return key !== null && key !== 'malformed' && key.kind === 'service';
}

/** @returns the key itself, which must not be stored; empty if the request carries none that is well-formed */
export function keyTextOf({ headers }: FastifyRequest): string {
  return AUTHORIZATION.exec(headers.authorization ?? '')?.[2] ?? '';
}

const AUTHORIZATION = /^(token|bearer)(?: +(\S+))? *$/i;

function read(header: string): PresentedKey | 'malformed' | null {
  const [, scheme, key = ''] = AUTHORIZATION.exec(header) ?? [];
  if (scheme === undefined) return /^(token|bearer)(?![^ ])/i.test(header) ? 'malformed' : null;
  const kind = keyKindOf(key);
  if (kind === null) return 'malformed';
  return { scheme: scheme.toLowerCase() as PresentedKey['scheme'], kind, digest: digestOf(key) };
}
