import { isIPv6 } from 'node:net';

/** Longest text form of an IPv6 address, in characters. */
const MAX_LENGTH = 45;

/**
 * @param address the value of `request.ip`, which may be any text if a proxy is trusted
 * @returns the key that limits count: an IPv4 address, or the /64 of an IPv6 address, because one client owns all of it
 */
export function addressKeyOf(address: string): string {
  if (!isIPv6(address)) return address.slice(0, MAX_LENGTH).toLowerCase();
  const [withoutZone = ''] = address.split('%');
  const groups = groupsOf(new URL(`http://[${withoutZone}]`).hostname.slice(1, -1));
  if (groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff') return dotted(groups.slice(6));
  return `${groups.slice(0, 4).join(':')}::`;
}

/** @param canonical an IPv6 address in the form of URLs: no leading zeros, no dots, at most one `::` */
function groupsOf(canonical: string): string[] {
  const [head = [], tail] = canonical.split('::').map((part) => (part === '' ? [] : part.split(':')));
  if (tail === undefined) return head;
  return [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
}

/** @returns the IPv4 address that an IPv6 address maps */
function dotted(groups: readonly string[]): string {
  return groups
    .map((group) => Number.parseInt(group, 16))
    .flatMap((bits) => [bits >> 8, bits & 255])
    .join('.');
}
