import type { Redis } from 'ioredis';
import cluster from 'node:cluster';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible';
import { PrimaryLimiter } from './primary-limits.js';
import { TooManyRequests } from './rate-limit.js';

/** What a limiter counts, and how much of it is let through. */
export interface LimiterOptions {
  /** Names the limiter among those that share a Redis or a primary process. */
  readonly name: string;
  readonly points: number;
  readonly seconds: number;
}

/**
 * Lets a number of tries through in a time, for each key. With a Redis it counts for all processes; while
 * that is away each process counts by itself, so that nothing fails for its sake. Without one it counts for
 * all workers of a primary.
 */
export class Limiter {
  private readonly limiter: RateLimiterAbstract;

  constructor(redis: Redis | null, { name, points, seconds }: LimiterOptions) {
    const options = { keyPrefix: name, points, duration: seconds };
    if (redis === null) {
      this.limiter = cluster.isWorker ? new PrimaryLimiter(options) : new RateLimiterMemory(options);
      return;
    }
    this.limiter = new RateLimiterRedis({
      ...options,
      storeClient: redis,
      keyPrefix: `hospital-memberships:${name}`,
      insuranceLimiter: new RateLimiterMemory(options),
      rejectIfRedisNotReady: true,
    });
  }

  /** Counts a try. @throws TooManyRequests the key has had its tries */
  async count(key: string): Promise<void> {
    try {
      await this.limiter.consume(key);
    } catch (error) {
      if (error instanceof RateLimiterRes) throw new TooManyRequests(Math.ceil(error.msBeforeNext / 1000));
      throw error;
    }
  }

  /** Takes back a try that was counted. */
  async takeBack(key: string): Promise<void> {
    await this.limiter.reward(key);
  }
}
