import { createHmac } from 'node:crypto';
import { VERSION } from '../../config/version.js';
import { entryOf } from '../entry.js';

/** A request to a receiver. */
export interface Message {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Builds the request for an entry by Standard Webhooks 1.0.0. `data` has the stored bytes of the entry, which are also
 * its leaf in the Merkle tree.
 * @param entry the body of an entry, as stored
 * @param secrets the current one first; each signs, so that a receiver may know any of them
 * @param seconds of the attempt, since 1970
 */
export function messageOf(entry: string, secrets: readonly Buffer[], seconds: number): Message {
  const { id, type, at } = entryOf(entry);
  const body = `{"type":${JSON.stringify(type)},"timestamp":${JSON.stringify(at)},"data":${entry}}`;
  const timestamp = String(Math.floor(seconds));
  const signed = `${id}.${timestamp}.${body}`;
  const signatures = secrets.map((secret) => `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`);
  return {
    headers: {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      'user-agent': `hospital-memberships/${VERSION}`,
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': signatures.join(' '),
    },
    body,
  };
}
