import { normalizeIP } from '@fastify/rate-limit';
import { Inject, Injectable } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { Limiter } from '../common/limiter.js';
import { REDIS } from '../common/redis.js';
import { ENVIRONMENT, type Environment } from '../config/environment.js';

/**
 * Limits how often an address, of IPv6 a /64, may come with a key that is not good: `RATE_LIMIT` times a
 * minute. Good keys from the same address are not affected.
 */
@Injectable()
export class FailureLimit {
  private readonly limiter: Limiter | null;

  constructor(@Inject(ENVIRONMENT) { RATE_LIMIT: points }: Environment, @Inject(REDIS) redis: Redis | null) {
    this.limiter = points === 0 ? null : new Limiter(redis, { name: 'failures', points, seconds: 60 });
  }

  /** Counts a failure. @throws TooManyRequests the address has had its failures */
  async count(address: string): Promise<void> {
    await this.limiter?.count(normalizeIP(address));
  }
}
