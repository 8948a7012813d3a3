/** Each message continues a sentence that starts with the name of the setting, and quotes no part of the URL. */
function requireReadable(text: string, ...protocols: string[]): void {
  if (!protocols.some((protocol) => text.startsWith(protocol)))
    throw new Error(`must be a URL that starts with ${protocols.join(' or ')}`);
  if (/[\s\\\p{Cc}]/u.test(text))
    throw new Error('must be a URL without spaces, line breaks and backslashes; write them as %20, %0A and %5C');
  try {
    decodeURIComponent(text);
  } catch {
    throw new Error('must be a URL in which each literal % is written as %25');
  }
}

function requireUrl(text: string): void {
  if (!URL.canParse(text))
    throw new Error(
      'must be a URL with a valid host and port, in which / ? # @ : in names and passwords are written as %2F and so on',
    );
}

/**
 * @returns the URL with an ASCII host name and an encoded path, so that it can be sent in a header
 * @throws Error it is not an HTTP URL, or has a user, query or fragment
 */
export function publicUrlOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url?.search === '' && url.hash === '' && url.username === '' && !/[?#]/.test(text);
  if (!isPlain || !/^https?:\/\//i.test(text))
    throw new Error('must be a URL such as https://api.example.org, without user, query and fragment');
  requireReadable(url.protocol + text.slice(text.indexOf(':') + 1), 'http://', 'https://');
  return url.href.replace(/\/+$/, '');
}

/** @throws Error it is not the HTTP URL of a receiver of traces */
export function endpointOf(text: string): string {
  requireReadable(text, 'http://', 'https://');
  requireUrl(text);
  if (/[?#@]/.test(text)) throw new Error('must be a URL without user, query and fragment');
  return text;
}

/** @throws Error it is not a valid Redis URL */
export function redisUrlOf(text: string): string {
  requireReadable(text, 'redis://', 'rediss://');
  requireUrl(text);
  return text;
}

/** Modes that the driver treats as `verify-full`, with a warning that a later version of it may not. */
const ALIASES_OF_VERIFY_FULL = /(?<=[?&]sslmode=)(?:prefer|require|verify-ca)(?=&|$)/g;

/**
 * @param text a URL in the syntax of libpq, which may name the folder of a socket instead of a host
 * @returns the URL, in which `verify-full` replaces the modes that the driver treats like it
 * @throws Error it is not a valid PostgreSQL URL, or names several hosts
 */
export function databaseUrlOf(text: string): string {
  requireReadable(text, 'postgres://', 'postgresql://');
  const [, authority = '', rest = ''] = /^\w+:\/\/([^/?#]*)(.*)$/.exec(text) ?? [];
  const [host = ''] = /[^@]*$/.exec(authority) ?? [];
  const parameters = new URLSearchParams(rest.slice(rest.indexOf('?') + 1));
  if (`${host}${parameters.get('host') ?? ''}${parameters.get('port') ?? ''}`.includes(','))
    throw new Error('must name exactly one host, which leads to the primary; see "Failover" in docs/operations.md');
  const port = Number(parameters.get('port') ?? '5432');
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Error('must have a TCP port in its parameter port');
  // With a socket, the host may be empty although there is a user, which `URL` rejects.
  requireUrl(`postgres://${host === '' ? `${authority}localhost` : authority}${rest}`);
  if (parameters.get('uselibpqcompat') === 'true') return text;
  return `${text.slice(0, text.length - rest.length)}${rest.replace(ALIASES_OF_VERIFY_FULL, 'verify-full')}`;
}
