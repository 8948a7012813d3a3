import type { Redis } from 'ioredis';
import { RateLimiterRedis, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible';
import type { Environment } from '../config/environment.js';
import { BoundedMemory, MAX_KEYS } from './bounded-memory.js';
import { ExpiringSet } from './expiring-set.js';
import { TooManyRequests } from '../common/errors.js';

/** What a limiter counts, and how much of it is let through. */
export interface LimiterOptions {
  /** Names the limiter among those that share a Redis. */
  readonly name: string;
  readonly points: number;
  readonly seconds: number;
  /** The smallest share of a worker; default 1. */
  readonly least?: number;
  /** While Redis is away, nothing is limited, instead of by each process. */
  readonly isUninsured?: boolean;
}

/** Makes the limiters of a process, as its settings say. */
export class Limiters {
  constructor(
    private readonly redis: Redis | null,
    private readonly environment: Pick<Environment, 'RATE_LIMIT' | 'WEB_CONCURRENCY'>,
  ) {}

  /** Ends the connection to Redis. */
  close(): void {
    this.redis?.disconnect();
  }

  /** @returns null if `RATE_LIMIT=0` turns every limit off */
  create(options: LimiterOptions): Limiter | null {
    const { RATE_LIMIT, WEB_CONCURRENCY } = this.environment;
    return RATE_LIMIT === 0 ? null : new Limiter(options, this.redis, WEB_CONCURRENCY);
  }
}

/**
 * Lets a number of tries through in a time, for each key. With a Redis all processes count together. Without one,
 * each worker has its share of the limit: a client may keep one connection, and so one worker.
 */
export class Limiter {
  /** How many tries this process lets through. */
  readonly points: number;
  private readonly limiter: RateLimiterAbstract;
  /** Keys that have used up their tries, as far as this process knows. */
  private readonly exhausted = new ExpiringSet(MAX_KEYS);

  /** @param workers how many processes share the limit if there is no Redis */
  constructor(
    { name, points, seconds, least = 1, isUninsured = false }: LimiterOptions,
    private readonly redis: Redis | null,
    workers: number,
  ) {
    const options = { keyPrefix: name, points, duration: seconds };
    this.points = redis === null ? Math.max(Math.floor(points / workers), Math.min(least, points)) : points;
    const memory = () => new BoundedMemory({ ...options, points: this.points });
    this.limiter =
      redis === null
        ? memory()
        : new RateLimiterRedis({
            ...options,
            storeClient: redis,
            keyPrefix: `hospital-memberships:${name}`,
            rejectIfRedisNotReady: true,
            ...(isUninsured ? {} : { insuranceLimiter: memory() }),
          });
  }

  /**
   * Counts a try.
   * @param tries how many at once
   * @returns how the key stands now
   * @throws TooManyRequests the key has had its tries
   */
  async count(key: string, tries = 1): Promise<RateLimiterRes> {
    try {
      const counted = await this.limiter.consume(key, tries);
      if (counted.remainingPoints === 0) this.exhausted.add(key, counted.msBeforeNext);
      return counted;
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      this.exhausted.add(key, error.msBeforeNext);
      throw new TooManyRequests(secondsOf(error.msBeforeNext));
    }
  }

  /**
   * Counts a try, and does not wait for Redis: its answer decides the tries after this one.
   * @throws TooManyRequests the key has had its tries
   */
  async countAhead(key: string): Promise<void> {
    this.requireTries(key);
    const counted = this.count(key);
    if (this.redis === null) await counted;
    else void counted.catch(() => undefined);
  }

  /** Counts nothing. @throws TooManyRequests this process knows that the key has had its tries */
  requireTries(key: string): void {
    const left = this.exhausted.left(key);
    if (left > 0) throw new TooManyRequests(secondsOf(left));
  }

  /** Takes back a try that was counted. */
  async takeBack(key: string): Promise<void> {
    this.exhausted.delete(key);
    await this.limiter.reward(key);
  }
}

/** @returns whole seconds, at least 1, for `Retry-After` */
function secondsOf(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1000));
}
