import { normalizeIP } from '@fastify/rate-limit';
import { Inject, Injectable } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { Limiter } from '../common/limiter.js';
import { REDIS } from '../common/redis.js';
import { ENVIRONMENT, type Environment } from '../config/environment.js';

const WINDOW_SECONDS = 15 * 60;
/** How many wrong passwords an email, and an address, may send in the window. */
const TRIES = { email: 10, address: 50 };

/** Limits the guessing of passwords, by email and by address, of IPv6 by /64; the setting `RATE_LIMIT=0` turns it off. */
@Injectable()
export class LoginLimits {
  private readonly byEmail: Limiter | null;
  private readonly byAddress: Limiter | null;

  constructor(@Inject(ENVIRONMENT) { RATE_LIMIT }: Environment, @Inject(REDIS) redis: Redis | null) {
    const limiter = (name: string, points: number) =>
      RATE_LIMIT === 0 ? null : new Limiter(redis, { name, points, seconds: WINDOW_SECONDS });
    this.byEmail = limiter('login-email', TRIES.email);
    this.byAddress = limiter('login-address', TRIES.address);
  }

  /**
   * Counts a try before it is made, so that many at once are counted too.
   * @throws TooManyRequests the email or the address has had its tries
   */
  async count(email: string, address: string): Promise<void> {
    await this.byAddress?.count(normalizeIP(address));
    await this.byEmail?.count(email);
  }

  /** Gives the try back: the password was right. */
  async forget(email: string, address: string): Promise<void> {
    await this.byAddress?.takeBack(normalizeIP(address));
    await this.byEmail?.takeBack(email);
  }
}
