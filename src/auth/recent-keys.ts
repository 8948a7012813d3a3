import { Injectable } from '@nestjs/common';
import { ExpiringSet } from '../limits/expiring-set.js';

/** How long a key counts as recently valid, and how long until further use renews that, in milliseconds. */
const HOUR_MS = 3_600_000;
const RENEWAL_MS = 60_000;
/** Upper bound for the remembered keys. */
const MAX_KEYS = 50_000;

/**
 * Remembers the keys that were valid within the last hour. It only decides whether a key is looked up; the look-up
 * decides whether it is valid.
 */
@Injectable()
export class RecentKeys {
  private readonly digests = new ExpiringSet(MAX_KEYS);

  /** Records that a key is valid now. */
  note(digest: Buffer): void {
    const key = digest.toString('latin1');
    if (this.digests.left(key) < HOUR_MS - RENEWAL_MS) this.digests.add(key, HOUR_MS);
  }

  /** @returns whether the key was valid within the last hour, as far as this process remembers */
  has(digest: Buffer): boolean {
    return this.digests.left(digest.toString('latin1')) > 0;
  }

  /** Records that a key is not valid. */
  forget(digest: Buffer): void {
    this.digests.delete(digest.toString('latin1'));
  }
}
