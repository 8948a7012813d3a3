import { RateLimiterMemory, type IRateLimiterOptions, type RateLimiterRes } from 'rate-limiter-flexible';

/** Upper bound of the keys that a limiter counts in memory. */
export const MAX_KEYS = 50_000;
/** Keys that are evicted at once, because finding the oldest key of a Set is slow after deletions. */
const EVICTION_BATCH = 1000;

/**
 * Adds an upper bound to the in-memory limiter, which keeps every key until it expires. Evicts the least recently
 * counted keys, so a flood of new keys never evicts one in use.
 */
export class BoundedMemory extends RateLimiterMemory {
  /** Least recently counted first. */
  private readonly keys = new Set<string>();

  constructor(
    options: IRateLimiterOptions,
    private readonly maxKeys = MAX_KEYS,
  ) {
    super(options);
  }

  override consume(key: string, points?: number): Promise<RateLimiterRes> {
    this.keys.delete(key);
    if (this.keys.size >= this.maxKeys) this.evict();
    this.keys.add(key);
    return super.consume(key, points);
  }

  private evict(): void {
    for (const oldest of [...this.keys].slice(0, Math.min(EVICTION_BATCH, this.maxKeys))) {
      this.keys.delete(oldest);
      void this.delete(oldest);
    }
  }
}
