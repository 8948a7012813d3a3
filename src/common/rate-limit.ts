import rateLimit, { normalizeIP } from '@fastify/rate-limit';
import cluster from 'node:cluster';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Redis } from 'ioredis';
import { HttpError } from './http-errors.js';
import { isApi } from './http-rules.js';
import { PrimaryStore } from './primary-store.js';

/** More requests came in a minute than the setting `RATE_LIMIT` allows. */
export class TooManyRequests extends HttpError {
  readonly statusCode = 429;
  override readonly headers: Readonly<Record<string, string>>;

  /** @param seconds until the next request is let in */
  constructor(seconds: number) {
    super(`Too many requests; try again in ${String(seconds)} s.`);
    this.headers = { 'retry-after': String(seconds) };
  }
}

/**
 * Lets each token, and without one each address, send `perMinute` requests a minute, to paths that do not
 * exist too. They are counted for all processes that share a Redis; while that is away, nothing is limited.
 * Without one they are counted for all workers of a primary. Await it before routes are added.
 * @param keyDigestOf the digest of the key that a request carries, null where it carries none
 */
export async function registerRateLimit(
  fastify: FastifyInstance,
  perMinute: number,
  redis: Redis | null,
  keyDigestOf: (request: FastifyRequest) => Buffer | null,
): Promise<void> {
  await fastify.register(rateLimit, {
    global: false,
    max: perMinute,
    timeWindow: '1 minute',
    cache: 50_000,
    keyGenerator: (request) => senderOf(request, keyDigestOf),
    allowList: (request) => !isApi(request),
    errorResponseBuilder: (_, { ttl }) => new TooManyRequests(Math.max(1, Math.ceil(ttl / 1000))),
    enableDraftSpec: true,
    skipOnError: true,
    nameSpace: 'hospital-memberships:requests:',
    ...(redis === null ? (cluster.isWorker ? { store: PrimaryStore } : {}) : { redis }),
  });
  fastify.addHook('onRequest', fastify.rateLimit());
}

/**
 * By its key counts only what gets nowhere without a good one: another one for each request would else pass
 * every limit. An address of IPv6 counts with all of its /64, for one client has so many.
 */
function senderOf(request: FastifyRequest, keyDigestOf: (request: FastifyRequest) => Buffer | null): string {
  const digest = request.routeOptions.config.needsKey === true ? keyDigestOf(request) : null;
  return digest?.toString('base64') ?? normalizeIP(request.ip);
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route lets nobody in without a live key. */
    needsKey?: boolean;
  }
}
