import { RateLimiterCluster, RateLimiterMemory, RateLimiterRes, type IRateLimiterOptions } from 'rate-limiter-flexible';

/** How long a worker waits for its primary, in milliseconds. */
const TIMEOUT_MS = 500;

/**
 * A limiter of a worker process, which the primary counts for all workers. For the while that a worker
 * drains after its primary has gone, it counts by itself.
 */
export class PrimaryLimiter extends RateLimiterCluster {
  private readonly own: RateLimiterMemory;

  /** @param options what is counted; `keyPrefix` names the limiter among those of the primary */
  constructor(options: IRateLimiterOptions) {
    super({ ...options, timeoutMs: TIMEOUT_MS });
    this.own = new RateLimiterMemory(options);
  }

  override async consume(key: string, points = 1): Promise<RateLimiterRes> {
    if (!process.connected) return this.own.consume(key, points);
    return super.consume(key, points).catch((error: unknown) => {
      if (error instanceof RateLimiterRes) throw error;
      return this.own.consume(key, points);
    });
  }

  override async reward(key: string): Promise<RateLimiterRes> {
    if (!process.connected) return this.own.reward(key);
    return super.reward(key).catch(() => this.own.reward(key));
  }
}
