import { hash } from 'node:crypto';
import { canonical } from '../http/input/canonical.js';
import { MAX_ID } from '../http/input/coercion.js';
import type { Fields } from './input.js';

/** Results of a page if the request does not say; a larger `page.limit` is lowered to it. */
export const MAX_RESULTS = 1000;

/** Bytes of a digest, of the last id, and of the limit. */
const [DIGEST, ID, LIMIT] = [16, 4, 2];

/** Where a search continues. */
interface Continuation {
  readonly after: number;
  readonly limit: number;
}

/**
 * @param kind what the search looks for; the id of that entity is ignored
 * @returns a digest of the entities and the context of a search, whatever the order of their members
 */
export function digestOfSearch(kind: string, { subject, action, resource, context }: Fields): Buffer {
  const entities: Record<string, unknown> = { subject, resource, context, ...(kind === 'action' ? {} : { action }) };
  const { id: _, ...wanted } = Object(entities[kind] ?? {}) as Fields;
  const bound = { kind, ...entities, ...(kind === 'action' ? {} : { [kind]: wanted }) };
  return hash('sha256', canonical(bound), 'buffer').subarray(0, DIGEST);
}

/**
 * A token is neither secret nor signed: changing it only leads to a page that a search without a token reaches too.
 * @param digest from {@link digestOfSearch}
 */
export function toToken(digest: Buffer, { after, limit }: Continuation): string {
  const continuation = Buffer.alloc(ID + LIMIT);
  continuation.writeUInt32BE(after, 0);
  continuation.writeUInt16BE(limit, ID);
  return Buffer.concat([digest, continuation]).toString('base64url');
}

/** @returns the continuation; undefined if the text is not a token of the search with this digest */
export function readToken(token: string, digest: Buffer): Continuation | undefined {
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.length !== DIGEST + ID + LIMIT || bytes.toString('base64url') !== token) return undefined;
  if (!bytes.subarray(0, DIGEST).equals(digest)) return undefined;
  const continuation = { after: bytes.readUInt32BE(DIGEST), limit: bytes.readUInt16BE(DIGEST + ID) };
  return continuation.after > MAX_ID || continuation.limit > MAX_RESULTS ? undefined : continuation;
}
