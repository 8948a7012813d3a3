import { Inject, Injectable } from '@nestjs/common';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { TooManyRequests } from '../common/rate-limit.js';
import { ENVIRONMENT, type Environment } from '../config/environment.js';

const WINDOW_SECONDS = 15 * 60;
/** How many wrong passwords an email, and an address, may send in the window. */
const TRIES = { email: 10, address: 50 };

/** Limits the guessing of passwords, by email and by address; the setting `RATE_LIMIT=0` turns it off. */
@Injectable()
export class LoginLimits {
  private readonly byEmail = new RateLimiterMemory({ points: TRIES.email, duration: WINDOW_SECONDS });
  private readonly byAddress = new RateLimiterMemory({ points: TRIES.address, duration: WINDOW_SECONDS });

  constructor(@Inject(ENVIRONMENT) private readonly environment: Environment) {}

  /**
   * Counts a try before it is made, so that many at once are counted too.
   * @throws TooManyRequests the email or the address has had its tries
   */
  async count(email: string, address: string): Promise<void> {
    if (this.environment.RATE_LIMIT === 0) return;
    try {
      await this.byAddress.consume(address);
      await this.byEmail.consume(email);
    } catch (error) {
      if (error instanceof RateLimiterRes) throw new TooManyRequests(Math.ceil(error.msBeforeNext / 1000));
      throw error;
    }
  }

  /** Gives the try back: the password was right. */
  async forget(email: string, address: string): Promise<void> {
    if (this.environment.RATE_LIMIT === 0) return;
    await this.byAddress.reward(address);
    await this.byEmail.reward(email);
  }
}
