import { lookup, Resolver } from 'node:dns/promises';

/** @returns the addresses of a host name. @throws Error with a `code` there are none */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** Upper bound of the wait for a name server, in milliseconds, and how often it is asked. */
const TIMEOUT_MS = 2500;
const TRIES = 2;

/**
 * Asks the name servers directly: `lookup` occupies a thread of the process while a name server is silent, and four of
 * these would hold up everybody, also those who log in. It is used only for names that the name servers do not know,
 * such as those in the hosts file.
 */
export const resolveHost: Resolve = async (host) => {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  const found = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  const addresses = found.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  if (addresses.length > 0) return addresses;
  const isSilent = (result: PromiseSettledResult<unknown>) =>
    result.status === 'rejected' && (result.reason as NodeJS.ErrnoException).code === 'ETIMEOUT';
  const silent = found.find(isSilent) as PromiseRejectedResult | undefined;
  if (silent !== undefined) throw silent.reason;
  return (await lookup(host, { all: true })).map(({ address }) => address);
};
