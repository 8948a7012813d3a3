import type { FastifyInstance } from 'fastify';

/**
 * Strips client ports from `X-Forwarded-For`, which some proxies add, such as Azure's: `192.0.2.1:4711` and
 * `[2001:db8::1]:4711`. Limits count addresses. Call it before any hook that reads the address, if a proxy is trusted.
 */
export function registerForwardedFor(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', ({ raw: { headers } }, _, done) => {
    const forwarded = headers['x-forwarded-for'];
    if (typeof forwarded === 'string') headers['x-forwarded-for'] = withoutPorts(forwarded);
    done();
  });
}

/** @returns the list of addresses without ports; anything else in it stays unchanged */
export function withoutPorts(forwarded: string): string {
  if (!/[[.]/.test(forwarded)) return forwarded;
  const parts = forwarded.split(',').map((part) => part.trim());
  return parts.map((part) => part.replace(/^(?:\[([^\]]+)\]|([\d.]+))(?::\d+)?$/, '$1$2')).join(', ');
}
