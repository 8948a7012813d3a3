import type { FastifyInstance } from 'fastify';
import type { FailureLimit } from './failure-limit.js';
import { presentedKeyOf } from './key-digest.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Digest of a key that the route requires, until TokenAuthGuard checks it; otherwise null. */
    uncheckedKey: Buffer | null;
  }
}

/**
 * Counts requests that end before their key is checked, for example because the body is malformed: otherwise nobody
 * would count them if the key is invented. Above the limit, requests are refused before their body is read; the guard
 * asks again, because others at the address may have failed while the body arrived. Call it after the rate limit is
 * registered, and before anything that refuses a request.
 */
export function registerUncheckedKeys(fastify: FastifyInstance, failures: FailureLimit): void {
  fastify.decorateRequest('uncheckedKey', null);
  fastify.addHook('onRequest', (request, _, done) => {
    const key = request.routeOptions.config.needsKey === true ? presentedKeyOf(request) : null;
    if (key !== null && key !== 'malformed') {
      failures.requireLookup(request.ip, key.digest);
      request.uncheckedKey = key.digest;
    }
    done();
  });
  fastify.addHook('onResponse', (request, _, done) => {
    if (request.uncheckedKey !== null) void failures.countUnchecked(request.ip, request.uncheckedKey);
    done();
  });
}
