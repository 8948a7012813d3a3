import { Inject, Injectable } from '@nestjs/common';
import { addressKeyOf } from '../common/address-key.js';
import { Limiters, type Limiter } from '../common/limiter.js';
import { ENVIRONMENT, type Environment } from '../config/environment.js';

/**
 * Limits how often an address, of IPv6 a /64, may come with a key that is not good: `RATE_LIMIT` times a
 * minute. Good keys from the same address are not affected.
 */
@Injectable()
export class FailureLimit {
  private readonly limiter: Limiter | null;

  constructor(@Inject(ENVIRONMENT) { RATE_LIMIT: points }: Environment, limiters: Limiters) {
    this.limiter = limiters.create({ name: 'failures', points, seconds: 60 });
  }

  /** Counts a failure. @throws TooManyRequests the address has had its failures */
  async count(address: string): Promise<void> {
    await this.limiter?.count(addressKeyOf(address));
  }
}
