import { Inject, Injectable } from '@nestjs/common';
import { addressKeyOf } from '../limits/address-key.js';
import { Limiters, type Limiter } from '../limits/limiter.js';
import { ENVIRONMENT, type Environment } from '../config/environment.js';
import { refusedKeys } from '../observability/events.js';
import { RecentKeys } from './recent-keys.js';

/**
 * Limits invalid keys to `RATE_LIMIT` per minute for each address (IPv6: each /64). Beyond that, only keys that were
 * valid within the last hour are looked up: invalid ones then cost no statement, and valid ones from the same address
 * still work. Requests that end before their key is checked count as well: for the address, or for the key itself if it
 * was valid within the last hour.
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
   * @throws TooManyRequests the address has used up its failures, and the key was not valid recently; or the key itself
   *   has used them up
   */
  requireLookup(address: string, digest: Buffer): void {
    try {
      this.limiter?.requireTries(this.counterOf(address, digest));
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

  /** Counts a request that ended before its key was checked. */
  async countUnchecked(address: string, digest: Buffer): Promise<void> {
    // The response has been sent; later requests are refused.
    await this.limiter?.count(this.counterOf(address, digest)).catch(() => undefined);
  }

  private counterOf(address: string, digest: Buffer): string {
    return this.recent.has(digest) ? digest.toString('base64') : addressKeyOf(address);
  }
}
