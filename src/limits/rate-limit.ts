import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { addressKeyOf } from './address-key.js';
import { TooManyRequests } from '../common/errors.js';
import type { Limiter, Limiters } from './limiter.js';

/**
 * Lets each token, and without one each address, send `perMinute` requests a minute, to every path but those of
 * health. While a shared Redis is away, nothing is limited. Call it before routes are added.
 * @param keyDigestOf the digest of the key that a request carries, null if it carries none
 */
export function registerRateLimit(
  fastify: FastifyInstance,
  limiters: Limiters,
  perMinute: number,
  keyDigestOf: (request: FastifyRequest) => Buffer | null,
): void {
  const limiter = limiters.create({ name: 'requests', points: perMinute, seconds: 60, isUninsured: true });
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
 * By its key counts only what gets nowhere without a good one: otherwise another one for each request would pass
 * every limit.
 */
function senderOf(request: FastifyRequest, keyDigestOf: (request: FastifyRequest) => Buffer | null): string {
  const digest = request.routeOptions.config.needsKey === true ? keyDigestOf(request) : null;
  return digest?.toString('base64') ?? addressKeyOf(request.ip);
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route lets nobody in without a live key. */
    needsKey?: boolean;
  }
}
