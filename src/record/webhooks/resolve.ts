import { lookup, Resolver } from 'node:dns/promises';

/** @returns the addresses of a host name, at least one. @throws Error with a `code` the name cannot be resolved */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** Upper bound of the wait for a name server, in milliseconds, and how often it is asked. */
const TIMEOUT_MS = 2500;
const TRIES = 2;

/**
 * Asks the name servers directly: `lookup` occupies a thread of the process while a name server is silent, and four of
 * these would hold up everybody, also those who log in. It is used only for names that the name servers do not know,
 * such as those in the hosts file.
 * @param servers addresses of name servers; those of the system by default
 */
export function resolveWith(servers?: readonly string[]): Resolve {
  return async (host) => {
    const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
    if (servers !== undefined) resolver.setServers(servers);
    const found = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    const addresses = found.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
    if (addresses.length > 0) return addresses;
    const silent = found.find((result) => result.status === 'rejected' && isSilence(result.reason));
    if (silent !== undefined) throw (silent as PromiseRejectedResult).reason;
    return (await lookup(host, { all: true })).map(({ address }) => address);
  };
}

function isSilence(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ETIMEOUT';
}
