import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { addressKeyOf } from './address-key.js';
import { TooManyRequests } from '../common/errors.js';
import type { Limiter, Limiters } from './limiter.js';

/**
 * Limits the requests of each token, or of each address without one, except for health checks. If Redis is
 * unavailable, nothing is limited. Call it before routes are added.
 * @param perMinute requests per minute
 * @param keyDigestOf returns the digest of the key in a request, null if there is none
 */
export function registerRateLimit(
  fastify: FastifyInstance,
  limiters: Limiters,
  perMinute: number,
  keyDigestOf: (request: FastifyRequest) => Buffer | null,
): void {
  const limiter = limiters.create({ name: 'requests', points: perMinute, seconds: 60, hasNoFallback: true });
  if (limiter === null) return;
  fastify.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.url?.startsWith('/health/') === true) return;
    await count(limiter, senderOf(request, keyDigestOf), reply);
  });
}

async function count(limiter: Limiter, sender: string, reply: FastifyReply): Promise<void> {
  try {
    const { remainingPoints, msBeforeNext } = await limiter.count(sender);
    setHeaders(reply, limiter.points, remainingPoints, Math.ceil(msBeforeNext / 1000));
  } catch (error) {
    if (!(error instanceof TooManyRequests)) return;
    setHeaders(reply, limiter.points, 0, error.seconds);
    throw error;
  }
}

function setHeaders(reply: FastifyReply, limit: number, remaining: number, reset: number): void {
  reply.header('ratelimit-limit', limit).header('ratelimit-remaining', remaining).header('ratelimit-reset', reset);
}

/**
 * Counts by key only on routes that require a valid one: elsewhere a client could evade the limit with a new
 * invented key in each request.
 */
function senderOf(request: FastifyRequest, keyDigestOf: (request: FastifyRequest) => Buffer | null): string {
  const digest = request.routeOptions.config.needsKey === true ? keyDigestOf(request) : null;
  return digest?.toString('base64') ?? addressKeyOf(request.ip);
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route requires a live key. */
    needsKey?: boolean;
  }
}
