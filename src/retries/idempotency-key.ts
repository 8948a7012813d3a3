import { InvalidFields } from '../common/errors.js';

const NAME = 'Idempotency-Key';
const MAX_LENGTH = 255;

/** A string of RFC 8941, perhaps with parameters, which mean nothing here. */
const QUOTED = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"(?:;.*)?$/;

/** Visible ASCII without what could be a malformed string, a list or parameters. */
const BARE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/;

/**
 * Reads the header `Idempotency-Key`: a string in double quotes, as draft-ietf-httpapi-idempotency-key-header writes it,
 * or the same text without quotes.
 * @param header undefined if the request does not send it
 * @returns the key, 1 to 255 characters; undefined without the header
 * @throws InvalidFields the header is malformed, empty or too long
 */
export function readIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const key = BARE.test(text) ? text : QUOTED.exec(text)?.[1]?.replace(/\\(.)/g, '$1');
  if (key === undefined || key === '' || key.length > MAX_LENGTH)
    throw new InvalidFields({
      [NAME]: [
        `Must be 1 to ${String(MAX_LENGTH)} visible ASCII characters, in double quotes if it contains a comma, a ` +
          'semicolon or a backslash, such as "8e03978e-40d5-43dd-bc93".',
      ],
    });
  return key;
}
