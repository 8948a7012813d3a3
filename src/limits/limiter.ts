import type { Redis } from 'ioredis';
import { RateLimiterRedis, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible';
import type { Environment } from '../config/environment.js';
import { BoundedMemory, MAX_KEYS } from './bounded-memory.js';
import { ExpiringSet } from './expiring-set.js';
import { TooManyRequests } from '../common/errors.js';

/** Options of a {@link Limiter}. */
export interface LimiterOptions {
  /** Distinguishes the limiters that share a Redis. */
  readonly name: string;
  /** Tries that each key has in `seconds`. */
  readonly points: number;
  readonly seconds: number;
  /** Lower bound of a worker's share of `points`. Default: 1. */
  readonly minimum?: number;
  /** If Redis is unavailable, nothing is limited. By default each process then counts on its own. */
  readonly hasNoFallback?: boolean;
}

/** `off` if no Redis is configured. */
export type RedisState = 'ok' | 'unavailable' | 'off';

/** Creates the limiters of a process from its settings. */
export class Limiters {
  constructor(
    private readonly redis: Redis | null,
    private readonly environment: Pick<Environment, 'RATE_LIMIT' | 'WEB_CONCURRENCY'>,
  ) {}

  /** Closes the connection to Redis. */
  close(): void {
    this.redis?.disconnect();
  }

  /** @returns whether Redis responds, after 0.5 s at the latest (`redis.ts`) */
  async redisState(): Promise<RedisState> {
    if (this.redis === null) return 'off';
    return this.redis.ping().then(
      () => 'ok',
      () => 'unavailable',
    );
  }

  /** @returns null if `RATE_LIMIT=0` turns every limit off */
  create(options: LimiterOptions): Limiter | null {
    const { RATE_LIMIT, WEB_CONCURRENCY } = this.environment;
    return RATE_LIMIT === 0 ? null : new Limiter(options, this.redis, WEB_CONCURRENCY);
  }
}

/**
 * Limits the tries of each key in a period. With Redis, all processes count together. Without it, each worker gets
 * its share of the limit, although a client that keeps one connection reaches only one worker.
 */
export class Limiter {
  /** The limit that this process enforces. */
  readonly points: number;
  private readonly limiter: RateLimiterAbstract;
  /** Keys that this process knows to be over the limit. */
  private readonly exhausted = new ExpiringSet(MAX_KEYS);

  /** @param workers number of processes that share the limit without Redis */
  constructor(
    { name, points, seconds, minimum = 1, hasNoFallback = false }: LimiterOptions,
    private readonly redis: Redis | null,
    workers: number,
  ) {
    const options = { keyPrefix: name, points, duration: seconds };
    this.points = redis === null ? Math.max(Math.floor(points / workers), Math.min(minimum, points)) : points;
    const memory = () => new BoundedMemory({ ...options, points: this.points });
    this.limiter =
      redis === null
        ? memory()
        : new RateLimiterRedis({
            ...options,
            storeClient: redis,
            keyPrefix: `hospital-memberships:${name}`,
            rejectIfRedisNotReady: true,
            ...(hasNoFallback ? {} : { insuranceLimiter: memory() }),
          });
  }

  /**
   * Counts tries of a key. Several are all counted or, after a moment in which others may be refused, all taken back.
   * @returns the state of the key after the count
   * @throws TooManyRequests the key is over the limit, or would be
   */
  async count(key: string, tries = 1): Promise<RateLimiterRes> {
    try {
      const counted = await this.limiter.consume(key, tries);
      if (counted.remainingPoints === 0) this.exhausted.add(key, counted.msBeforeNext);
      return counted;
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      // The limiter has counted them; fewer may still be within the limit.
      if (tries > 1) await this.refund(key, tries);
      else this.exhausted.add(key, error.msBeforeNext);
      throw new TooManyRequests(secondsOf(error.msBeforeNext));
    }
  }

  /**
   * Counts a try without waiting for Redis, whose response affects only later tries.
   * @throws TooManyRequests this process knows that the key is over the limit
   */
  async countWithoutWaiting(key: string): Promise<void> {
    this.requireTries(key);
    const counted = this.count(key);
    if (this.redis === null) await counted;
    else void counted.catch(() => undefined);
  }

  /**
   * Checks a key without counting.
   * @throws TooManyRequests this process knows that the key is over the limit
   */
  requireTries(key: string): void {
    const left = this.exhausted.left(key);
    if (left > 0) throw new TooManyRequests(secondsOf(left));
  }

  /** Undoes the count of tries. */
  async refund(key: string, tries = 1): Promise<void> {
    this.exhausted.delete(key);
    await this.limiter.reward(key, tries);
  }
}

/** @returns whole seconds, at least 1, for `Retry-After` */
function secondsOf(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1000));
}
