import type { FastifyRateLimitStore } from '@fastify/rate-limit';
import type { RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';
import { PrimaryLimiter } from './primary-limits.js';

/** Which part of what is left of a limit a worker takes at once. */
const PART = 1 / 16;

/** Of how many senders a worker keeps a part, and how many of the oldest go when there are more. */
const MAX_SENDERS = 50_000;
const EVICTED = 1000;

/** What a worker has taken of a sender's limit. */
interface Part {
  /** What all workers had taken of it then, this part included. */
  readonly taken: number;
  /** How many requests the worker may still let through. */
  left: number;
  /** When the limit begins anew, as `performance.now()` tells it. */
  readonly endsAt: number;
}

type Done = (error: null, counted: { current: number; ttl: number }) => void;

/**
 * Counts requests as `@fastify/rate-limit` asks for it, for all workers of a primary. A worker takes a part
 * of a sender's limit at once: a message for each request would cost more than most requests. While the
 * primary answers, no more than the limit is let through; what another worker has taken and does not use is
 * missing from it.
 */
export class PrimaryStore implements FastifyRateLimitStore {
  private readonly max: number;
  private readonly window: number;
  private readonly parts = new Map<string, Part>();
  /** Requests that wait for a part, of each sender for whom one is being taken. */
  private readonly waiting = new Map<string, Done[]>();

  /**
   * @param options of `@fastify/rate-limit`: `timeWindow` in milliseconds
   * @param limiter counts for all workers
   */
  constructor(
    { max, timeWindow }: { max?: unknown; timeWindow?: unknown },
    private readonly limiter: Pick<RateLimiterAbstract, 'consume'> = new PrimaryLimiter({
      keyPrefix: 'requests',
      points: Number(max),
      duration: Number(timeWindow) / 1000,
    }),
  ) {
    this.max = Number(max);
    this.window = Number(timeWindow);
  }

  incr(key: string, done: Done): void {
    const part = this.parts.get(key);
    const ttl = (part?.endsAt ?? 0) - performance.now();
    if (part === undefined || ttl <= 0) {
      this.wait(key, 0, done);
    } else if (part.left > 0) {
      part.left -= 1;
      done(null, { current: part.taken - part.left, ttl });
    } else if (part.taken >= this.max) {
      done(null, { current: this.max + 1, ttl });
    } else {
      this.wait(key, part.taken, done);
    }
  }

  child(): this {
    return this;
  }

  /** @param known how many had been taken when the worker was told last */
  private wait(key: string, known: number, done: Done): void {
    const others = this.waiting.get(key);
    if (others !== undefined) {
      others.push(done);
      return;
    }
    const waiting = [done];
    this.waiting.set(key, waiting);
    void this.take(key, known, waiting);
  }

  /** Takes a part, for all that wait at least, and lets them count then. */
  private async take(key: string, known: number, waiting: readonly Done[]): Promise<void> {
    // Those that begin to wait in the same turn are taken for as well.
    await Promise.resolve();
    const size = Math.max(Math.floor((this.max - known) * PART), waiting.length);
    const askedAt = performance.now();
    // Both are the count: it is a rejection where the limit has been passed.
    const counted = await this.limiter.consume(key, size).catch((over: unknown) => over as RateLimiterRes);
    const before = Math.min(counted.consumedPoints - size, this.max);
    const taken = Math.min(counted.consumedPoints, this.max);
    // The primary's clock may have been set meanwhile.
    const endsAt = askedAt + Math.min(counted.msBeforeNext, this.window);
    this.keep(key, { taken, left: taken - before, endsAt });
    this.waiting.delete(key);
    for (const done of waiting) this.incr(key, done);
  }

  private keep(key: string, part: Part): void {
    // Anew, so that the first of the map is the one that was taken longest ago.
    this.parts.delete(key);
    if (this.parts.size >= MAX_SENDERS)
      for (const oldest of [...this.parts.keys()].slice(0, EVICTED)) this.parts.delete(oldest);
    this.parts.set(key, part);
  }
}
