import { isIPv6 } from 'node:net';

/** An IPv6 address has at most so many characters; longer text is no address. */
const LONGEST = 45;

/**
 * @param address as `request.ip` has it, which a trusted proxy may have filled with any text
 * @returns what limits count: an IPv4 address, or the /64 of an IPv6 address, because one client owns all of it
 */
export function addressKeyOf(address: string): string {
  if (!isIPv6(address)) return address.slice(0, LONGEST).toLowerCase();
  const [withoutZone = ''] = address.split('%');
  const groups = groupsOf(new URL(`http://[${withoutZone}]`).hostname.slice(1, -1));
  if (groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff') return mapped(groups.slice(6));
  return `${groups.slice(0, 4).join(':')}::`;
}

/** @param canonical an IPv6 address as URLs write it: no leading zeros, no dots, at most one `::` */
function groupsOf(canonical: string): string[] {
  const [head = [], tail] = canonical.split('::').map((part) => (part === '' ? [] : part.split(':')));
  if (tail === undefined) return head;
  return [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
}

function mapped(groups: readonly string[]): string {
  return groups
    .map((group) => Number.parseInt(group, 16))
    .flatMap((bits) => [bits >> 8, bits & 255])
    .join('.');
}
