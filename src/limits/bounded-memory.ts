import { RateLimiterMemory, type IRateLimiterOptions, type RateLimiterRes } from 'rate-limiter-flexible';

/** How many keys a limiter counts in memory. */
export const MAX_KEYS = 50_000;
/** How many keys are dropped at once when there is no room: one by one, a Set finds its oldest slowly. */
const EVICTED = 1000;

/**
 * Counts in memory, with an upper bound: the library keeps every key until its time is over, however many come.
 * The keys that were counted longest ago give way, so a flood of new keys never touches one in use.
 */
export class BoundedMemory extends RateLimiterMemory {
  /** In the order of their last count. */
  private readonly keys = new Set<string>();

  constructor(
    options: IRateLimiterOptions,
    private readonly most = MAX_KEYS,
  ) {
    super(options);
  }

  override consume(key: string, points?: number): Promise<RateLimiterRes> {
    this.keys.delete(key);
    if (this.keys.size >= this.most) this.evict();
    this.keys.add(key);
    return super.consume(key, points);
  }

  private evict(): void {
    for (const oldest of [...this.keys].slice(0, Math.min(EVICTED, this.most))) {
      this.keys.delete(oldest);
      void this.delete(oldest);
    }
  }
}
