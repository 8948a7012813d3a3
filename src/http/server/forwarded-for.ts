import type { FastifyInstance } from 'fastify';

/**
 * Reads `X-Forwarded-For` as proxies send it that add the port of the client, such as Azure's: `192.0.2.1:4711`
 * and `[2001:db8::1]:4711`. The address alone is what limits count. Register it where a proxy is trusted,
 * before any hook that asks for the address.
 */
export function registerForwardedFor(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', ({ raw: { headers } }, _, done) => {
    const forwarded = headers['x-forwarded-for'];
    if (typeof forwarded === 'string') headers['x-forwarded-for'] = withoutPorts(forwarded);
    done();
  });
}

/** @returns the list of addresses without their ports; a part that is no address with a port stays as it is */
export function withoutPorts(forwarded: string): string {
  if (!/[[.]/.test(forwarded)) return forwarded;
  const parts = forwarded.split(',').map((part) => part.trim());
  return parts.map((part) => part.replace(/^(?:\[([^\]]+)\]|([\d.]+))(?::\d+)?$/, '$1$2')).join(', ');
}
