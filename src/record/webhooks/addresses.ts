import ipaddr from 'ipaddr.js';

/** The range that IANA has allocated for public IPv6 addresses; all others are special in some way. */
const GLOBAL_IPV6 = ipaddr.parseCIDR('2000::/3');

/** Decides to which addresses a webhook may connect. */
export class AddressRules {
  private readonly allowed: readonly ReturnType<typeof ipaddr.parseCIDR>[];

  /** @param networks allowed although they are not public: addresses, or networks such as `10.1.0.0/16` */
  constructor(networks: readonly string[] = []) {
    this.allowed = networks.map((network) => {
      if (network.includes('/')) return ipaddr.parseCIDR(network);
      const address = ipaddr.parse(network);
      return [address, address.kind() === 'ipv4' ? 32 : 128];
    });
  }

  /**
   * @param address IPv4 or IPv6
   * @returns whether it is public, or in one of the networks. A form of IPv6 that contains an IPv4 address (mapped,
   *   6to4, NAT64, Teredo) is not public, whatever it contains, because it may lead into a private network.
   */
  allows(address: string): boolean {
    // It also accepts numbers and octal digits, but no resolver returns those, and no normalized URL contains them.
    if (!ipaddr.isValid(address)) return false;
    const parsed = ipaddr.parse(address);
    const isIn = ([network, bits]: ReturnType<typeof ipaddr.parseCIDR>) =>
      parsed.kind() === network.kind() && parsed.match(network, bits);
    if (this.allowed.some(isIn)) return true;
    return parsed.range() === 'unicast' && (parsed.kind() === 'ipv4' || isIn(GLOBAL_IPV6));
  }
}
