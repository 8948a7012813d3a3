import type { FastifyRateLimitStore } from '@fastify/rate-limit';
import type { RateLimiterRes } from 'rate-limiter-flexible';
import { PrimaryLimiter } from './primary-limits.js';

/** Which part of what is left of a limit a worker takes at once. */
const PART = 1 / 16;

/** Of how many senders a worker keeps a part. */
const MAX_SENDERS = 50_000;

/** What a worker has taken of a sender's limit. */
interface Part {
  /** What all workers have taken of it, this part included. */
  readonly taken: number;
  /** How many requests the worker may still let through. */
  left: number;
  /** When the limit begins anew, as `performance.now()` tells it. */
  readonly endsAt: number;
}

type Done = (error: null, counted: { current: number; ttl: number }) => void;

/**
 * Counts requests as `@fastify/rate-limit` asks for it, for all workers of a primary. A worker takes a part
 * of a sender's limit at once, a message for each request would cost more than most requests. No more than
 * the limit is let through; what another worker has taken and not used is missing from it, at most
 * {@link PART} for each.
 */
export class PrimaryStore implements FastifyRateLimitStore {
  private readonly limiter: PrimaryLimiter;
  private readonly max: number;
  private readonly parts = new Map<string, Part>();
  private readonly asked = new Map<string, Promise<void>>();

  /** @param options of `@fastify/rate-limit`: `timeWindow` in milliseconds */
  constructor({ max, timeWindow }: { max?: unknown; timeWindow?: unknown }) {
    this.max = Number(max);
    this.limiter = new PrimaryLimiter({
      keyPrefix: 'requests',
      points: this.max,
      duration: Number(timeWindow) / 1000,
    });
  }

  incr(key: string, done: Done): void {
    const part = this.parts.get(key);
    const ttl = (part?.endsAt ?? 0) - performance.now();
    if (part === undefined || ttl <= 0) {
      this.ask(key, 1, done);
    } else if (part.left > 0) {
      part.left -= 1;
      done(null, { current: part.taken - part.left, ttl });
    } else if (part.taken >= this.max) {
      done(null, { current: this.max + 1, ttl });
    } else {
      this.ask(key, Math.max(1, Math.floor((this.max - part.taken) * PART)), done);
    }
  }

  child(): this {
    return this;
  }

  /** Takes a part, or waits for the one that is being taken, and counts then. */
  private ask(key: string, size: number, done: Done): void {
    let asked = this.asked.get(key);
    if (asked === undefined) {
      asked = this.take(key, size).finally(() => this.asked.delete(key));
      this.asked.set(key, asked);
    }
    void asked.then(() => {
      this.incr(key, done);
    });
  }

  private async take(key: string, size: number): Promise<void> {
    // Both are the count: it is a rejection where the limit has been passed.
    const { consumedPoints, msBeforeNext } = await this.limiter
      .consume(key, size)
      .catch((over: unknown) => over as RateLimiterRes);
    const before = Math.min(consumedPoints - size, this.max);
    const taken = Math.min(consumedPoints, this.max);
    // Anew, so that the first of the map is the one that was taken longest ago.
    this.parts.delete(key);
    for (const [oldest] of this.parts) {
      if (this.parts.size < MAX_SENDERS) break;
      this.parts.delete(oldest);
    }
    this.parts.set(key, { taken, left: taken - before, endsAt: performance.now() + msBeforeNext });
  }
}
