import { STATUS_CODES } from 'node:http';

/** The format of errors: RFC 9457 (`application/problem+json`), or RFC 6749 for OAuth endpoints. */
export type ErrorFormat = 'problem' | 'oauth';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route lies outside `/api/v2`, follows an open standard, and its errors have this format. */
    errorFormat?: ErrorFormat;
  }
}

/** An error that has a status, with its body in the format of `/api/v2`. */
export interface ErrorReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: { readonly message: string };
}

/** A body and its media type. */
interface FormattedBody {
  readonly type: string;
  readonly body: object;
}

const JSON_TYPE = 'application/json; charset=utf-8';

/** @returns the body of an error in the format of its route; undefined is the format of `/api/v2` */
export function formatError(error: ErrorReply, format: ErrorFormat | undefined): FormattedBody {
  const { status, body } = error;
  if (format === undefined) return { type: JSON_TYPE, body };
  const { message, ...details } = body;
  if (format === 'oauth') {
    return { type: JSON_TYPE, body: { error: oauthCodeOf(error), error_description: printable(message) } };
  }
  const title = STATUS_CODES[status] ?? 'Error';
  return {
    type: 'application/problem+json',
    body: { type: 'about:blank', title, status, detail: message, ...details },
  };
}

/** Status -> error code of RFC 6749 (section 5.2, and 4.1.2.1 for failures of the server). */
const OAUTH_CODES: Readonly<Record<number, string>> = {
  401: 'invalid_client',
  403: 'insufficient_scope',
  429: 'temporarily_unavailable',
  500: 'server_error',
  503: 'temporarily_unavailable',
};

function oauthCodeOf({ status, headers = {} }: ErrorReply): string {
  // RFC 6750 has a code of its own for a key that is not valid.
  const isInvalid = headers['www-authenticate']?.includes('invalid_token') === true;
  return isInvalid ? 'invalid_token' : (OAUTH_CODES[status] ?? 'invalid_request');
}

/** RFC 6749 permits neither quotes, backslashes nor characters outside ASCII in a description. */
function printable(sentence: string): string {
  return sentence.replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, "'");
}
