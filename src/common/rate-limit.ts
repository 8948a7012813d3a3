import rateLimit from '@fastify/rate-limit';
import cluster from 'node:cluster';
import { hash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Redis } from 'ioredis';
import { keyOf } from './authorization.js';
import { HttpError } from './http-errors.js';
import { isApi } from './http-rules.js';
import { PrimaryStore } from './primary-limits.js';

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
 * Lets each token, and without one each address, send `perMinute` requests a minute, counted for all
 * processes that share a Redis; while that is away, nothing is limited. Without one they are counted for
 * all workers of a primary. Await it before routes are added.
 */
export async function registerRateLimit(
  fastify: FastifyInstance,
  perMinute: number,
  redis: Redis | null,
): Promise<void> {
  await fastify.register(rateLimit, {
    max: perMinute,
    timeWindow: '1 minute',
    cache: 50_000,
    keyGenerator: senderOf,
    allowList: (request) => !isApi(request),
    errorResponseBuilder: (_, { ttl }) => new TooManyRequests(Math.max(1, Math.ceil(ttl / 1000))),
    enableDraftSpec: true,
    skipOnError: true,
    nameSpace: 'hospital-memberships:requests:',
    ...(redis === null ? (cluster.isWorker ? { store: PrimaryStore } : {}) : { redis }),
  });
}

function senderOf(request: FastifyRequest): string {
  const key = keyOf(request.headers.authorization);
  return key === undefined ? request.ip : hash('sha256', key, 'base64');
}
