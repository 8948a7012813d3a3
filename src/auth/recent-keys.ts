import { Injectable } from '@nestjs/common';
import { ExpiringSet } from '../limits/expiring-set.js';

/** How long a key counts as good lately, in milliseconds, and how often that is renewed while it is used. */
const HOUR_MS = 3_600_000;
const RENEWED_MS = 60_000;
/** How many keys are remembered. */
const MAX_KEYS = 50_000;

/** Which keys were good within the last hour: they are worth a look-up, which alone decides whether they still are. */
@Injectable()
export class RecentKeys {
  private readonly digests = new ExpiringSet(MAX_KEYS);

  /** Notes that a key is good now. */
  note(digest: Buffer): void {
    const key = digest.toString('latin1');
    if (this.digests.left(key) < HOUR_MS - RENEWED_MS) this.digests.add(key, HOUR_MS);
  }

  has(digest: Buffer): boolean {
    return this.digests.left(digest.toString('latin1')) > 0;
  }

  forget(digest: Buffer): void {
    this.digests.delete(digest.toString('latin1'));
  }
}
