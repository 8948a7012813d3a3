/** What is said of URLs is the rest of a sentence that begins with the name of the setting. No part of one is repeated. */
function requireReadable(text: string, ...protocols: string[]): void {
  if (!protocols.some((protocol) => text.startsWith(protocol)))
    throw new Error(`must be a URL that starts with ${protocols.join(' or ')}`);
  if (/[\s\\\p{Cc}]/u.test(text))
    throw new Error('must be a URL without blanks, line ends and backslashes; write them as %20, %0A and %5C');
  try {
    decodeURIComponent(text);
  } catch {
    throw new Error('must be a URL in which each % that stands for itself is written as %25');
  }
}

function requireUrl(text: string): void {
  if (!URL.canParse(text))
    throw new Error(
      'must be a URL with a host and a port at most, in which / ? # @ : stand for themselves as %2F and so on',
    );
}

/**
 * @returns the URL with its host name in ASCII and its path encoded, so that it fits into a header
 * @throws Error it is not a plain http URL
 */
export function publicUrlOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url?.search === '' && url.hash === '' && url.username === '' && !/[?#]/.test(text);
  if (!isPlain || !/^https?:\/\//i.test(text))
    throw new Error('must be a URL such as https://api.example.org, without user, query and fragment');
  requireReadable(url.protocol + text.slice(text.indexOf(':') + 1), 'http://', 'https://');
  return url.href.replace(/\/+$/, '');
}

/** @throws Error it cannot be read */
export function redisUrlOf(text: string): string {
  requireReadable(text, 'redis://', 'rediss://');
  requireUrl(text);
  return text;
}

/**
 * @param text a URL as libpq reads it: it may name the folder of a socket instead of a host
 * @throws Error it cannot be read, or names several hosts
 */
export function databaseUrlOf(text: string): string {
  requireReadable(text, 'postgres://', 'postgresql://');
  const [, authority = '', rest = ''] = /^\w+:\/\/([^/?#]*)(.*)$/.exec(text) ?? [];
  const [host = ''] = /[^@]*$/.exec(authority) ?? [];
  const parameters = new URLSearchParams(rest.slice(rest.indexOf('?') + 1));
  if (`${host}${parameters.get('host') ?? ''}${parameters.get('port') ?? ''}`.includes(','))
    throw new Error('must name one host, which leads to the primary; see "Failover" in docs/operations.md');
  const port = Number(parameters.get('port') ?? '5432');
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Error('must have a TCP port as its parameter port');
  // Only the form with a socket may have a user and no host.
  requireUrl(`postgres://${host === '' ? `${authority}localhost` : authority}${rest}`);
  return text;
}
