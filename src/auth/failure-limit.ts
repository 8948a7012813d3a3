import { Inject, Injectable } from '@nestjs/common';
import { addressKeyOf } from '../limits/address-key.js';
import { Limiters, type Limiter } from '../limits/limiter.js';
import { ENVIRONMENT, type Environment } from '../config/environment.js';
import { RecentKeys } from './recent-keys.js';

/**
 * Limits how often an address, of IPv6 a /64, may come with a key that is not good: `RATE_LIMIT` times a minute.
 * After that a key is looked up only if it was good within the last hour, so bad ones cost no statement and good
 * ones from the same address still work.
 */
@Injectable()
export class FailureLimit {
  private readonly limiter: Limiter | null;

  constructor(
    @Inject(ENVIRONMENT) { RATE_LIMIT: points }: Environment,
    limiters: Limiters,
    private readonly recent: RecentKeys,
  ) {
    this.limiter = limiters.create({ name: 'failures', points, seconds: 60 });
  }

  /**
   * @param digest of the key that is about to be looked up
   * @throws TooManyRequests the address has had its failures, and the key was not good lately
   */
  requireLookup(address: string, digest: Buffer): void {
    if (this.limiter === null || this.recent.has(digest)) return;
    this.limiter.requireTries(addressKeyOf(address));
  }

  /** Counts a failure. @throws TooManyRequests the address has had its failures */
  async count(address: string, digest: Buffer | null): Promise<void> {
    if (digest !== null) this.recent.forget(digest);
    await this.limiter?.count(addressKeyOf(address));
  }
}
