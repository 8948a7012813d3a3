/** Upper bound of the characters of a URL. */
export const MAX_URL_LENGTH = 2000;

/**
 * @returns the URL of a webhook in its normal form, in which a literal IPv4 address is always dotted decimal; undefined
 *   if it is not an HTTPS URL, is too long, or has a user, a password or a fragment
 */
export function webhookUrlOf(text: string): string | undefined {
  if (!/^https:\/\//i.test(text) || /[\s\\\p{Cc}]/u.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  // An empty user or fragment is gone in `url`.
  const [, authority = '', rest = ''] = /^https:\/\/([^/?#]*)(.*)$/i.exec(text) ?? [];
  if (authority.includes('@') || rest.includes('#') || url.port === '0') return undefined;
  return url.href.length <= MAX_URL_LENGTH ? url.href : undefined;
}
