import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { addressKeyOf } from './address-key.js';
import { TooManyRequests } from '../common/errors.js';
import type { Limiter, Limiters } from './limiter.js';

/** Reads the key of a request. */
export interface KeyReader {
  /** @returns the digest of the key, null if there is none */
  readonly digestOf: (request: FastifyRequest) => Buffer | null;
  /** @returns whether it is the key of a service account */
  readonly isService: (request: FastifyRequest) => boolean;
}

/**
 * Limits the requests of each token, or of each address without one, except for health checks. If Redis is
 * unavailable, nothing is limited. On routes for service accounts, their requests are counted by account instead, after
 * the key is checked. Call it before routes are added.
 * @param perMinute requests per minute
 */
export function registerRateLimit(
  fastify: FastifyInstance,
  limiters: Limiters,
  perMinute: number,
  keys: KeyReader,
): void {
  const limiter = limiters.create({ name: 'requests', points: perMinute, seconds: 60, hasNoFallback: true });
  if (limiter === null) return;
  fastify.addHook('onRequest', async (request, reply) => {
    const { url, config } = request.routeOptions;
    if (url?.startsWith('/health/') === true) return;
    if (config.limitsServices === true && keys.isService(request)) return;
    await countRequest(limiter, senderOf(request, config, keys), reply).catch((error: unknown) => {
      if (error instanceof TooManyRequests) throw error;
    });
  });
}

/**
 * Counts a request, and sets the `RateLimit` headers of its response.
 * @throws TooManyRequests the sender is over the limit
 */
export async function countRequest(limiter: Limiter, sender: string, reply: FastifyReply): Promise<void> {
  try {
    const { remainingPoints, msBeforeNext } = await limiter.count(sender);
    setHeaders(reply, limiter.points, remainingPoints, Math.ceil(msBeforeNext / 1000));
  } catch (error) {
    if (error instanceof TooManyRequests) setHeaders(reply, limiter.points, 0, error.seconds);
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
function senderOf(request: FastifyRequest, config: FastifyContextConfig, keys: KeyReader): string {
  const digest = config.needsKey === true ? keys.digestOf(request) : null;
  return digest?.toString('base64') ?? addressKeyOf(request.ip);
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route requires a live key. */
    needsKey?: boolean;
    /** The route counts the requests of service accounts itself. */
    limitsServices?: boolean;
  }
}
