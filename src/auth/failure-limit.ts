import { Inject, Injectable } from '@nestjs/common';
import { addressKeyOf } from '../limits/address-key.js';
import { Limiters, type Limiter } from '../limits/limiter.js';
import { ENVIRONMENT, type Environment } from '../config/environment.js';
import { refusedKeys } from '../observability/events.js';
import { RecentKeys } from './recent-keys.js';

/**
 * Limits invalid keys to `RATE_LIMIT` per minute for each address (IPv6: each /64). Beyond that, only keys that were
 * valid within the last hour are looked up: invalid ones then cost no statement, and valid ones from the same address
 * still work.
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
   * @param digest of the key to look up
   * @throws TooManyRequests the address has used up its failures, and the key was not valid recently
   */
  requireLookup(address: string, digest: Buffer): void {
    if (this.limiter === null || this.recent.has(digest)) return;
    try {
      this.limiter.requireTries(addressKeyOf(address));
    } catch (error) {
      refusedKeys.send({ reason: 'limited' });
      throw error;
    }
  }

  /**
   * Counts a failure.
   * @param digest of the rejected key; null if there was no well-formed key
   * @throws TooManyRequests the address has used up its failures
   */
  async count(address: string, digest: Buffer | null): Promise<void> {
    refusedKeys.send({ reason: digest === null ? 'none' : 'not live' });
    if (digest !== null) this.recent.forget(digest);
    await this.limiter?.count(addressKeyOf(address));
  }
}
