import type { FastifyRateLimitStore } from '@fastify/rate-limit';
import { RateLimiterCluster, RateLimiterMemory, RateLimiterRes, type IRateLimiterOptions } from 'rate-limiter-flexible';

/** How long a worker waits for its primary, in milliseconds. */
const TIMEOUT_MS = 500;

/**
 * A limiter of a worker process, which the primary counts for all workers. For the while that a worker
 * drains after its primary has gone, it counts by itself.
 */
export class PrimaryLimiter extends RateLimiterCluster {
  private readonly own: RateLimiterMemory;

  /** @param options what is counted; `keyPrefix` names the limiter among those of the primary */
  constructor(options: IRateLimiterOptions) {
    super({ ...options, timeoutMs: TIMEOUT_MS });
    this.own = new RateLimiterMemory(options);
  }

  override async consume(key: string): Promise<RateLimiterRes> {
    if (!process.connected) return this.own.consume(key);
    return super.consume(key).catch((error: unknown) => {
      if (error instanceof RateLimiterRes) throw error;
      return this.own.consume(key);
    });
  }

  override async reward(key: string): Promise<RateLimiterRes> {
    if (!process.connected) return this.own.reward(key);
    return super.reward(key).catch(() => this.own.reward(key));
  }
}

/** A {@link PrimaryLimiter} of requests, as `@fastify/rate-limit` asks for it. */
export class PrimaryStore implements FastifyRateLimitStore {
  private readonly limiter: PrimaryLimiter;

  /** @param options of `@fastify/rate-limit`: `timeWindow` in milliseconds */
  constructor({ max, timeWindow }: { max?: unknown; timeWindow?: unknown }) {
    this.limiter = new PrimaryLimiter({
      keyPrefix: 'requests',
      points: Number(max),
      duration: Number(timeWindow) / 1000,
    });
  }

  incr(key: string, done: (error: null, counted: { current: number; ttl: number }) => void): void {
    const answer = ({ consumedPoints: current, msBeforeNext: ttl }: RateLimiterRes) => {
      done(null, { current, ttl });
    };
    this.limiter.consume(key).then(answer, answer);
  }

  child(): this {
    return this;
  }
}
