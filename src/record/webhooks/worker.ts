import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { once } from 'node:events';
import { databaseFailureOf } from '../../database/database-errors.js';
import { HeadWatch } from '../feed/head-watch.js';
import { Delivery } from './delivery.js';
import { WebhookLeases, type Claimed } from './leases.js';
import { MAX_WEBHOOKS } from './webhooks.js';

/** Intervals between searches for webhooks that are due, and, while there are none, for new ones, in milliseconds. */
const INTERVAL_MS = 1000;
const IDLE_INTERVAL_MS = 5000;

/** Names the search for work in the log; no webhook can have this name. */
const LOOKING = 'the search for deliveries';

/** Time for which an attempt may continue after the process was told to end, in milliseconds. */
const LAST_ATTEMPT_MS = 5000;

/**
 * Delivers the record to webhooks. Any number of processes may do this at once: each webhook is leased to one
 * of them at a time. Each webhook has its own run, so one that hangs delays no other.
 */
@Injectable()
export class WebhookWorker implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  private readonly logger = new Logger(WebhookWorker.name);
  private readonly running = new Map<number, Promise<void>>();
  private readonly stop = new AbortController();
  private readonly abort = new AbortController();
  /** Work that failed the last time, and is in the log. */
  private readonly failing = new Set<string>();
  private working: Promise<void> | undefined;
  private pausing: AbortController | undefined;
  private isWoken = false;

  constructor(
    private readonly leases: WebhookLeases,
    private readonly delivery: Delivery,
    private readonly watch: HeadWatch,
  ) {}

  onApplicationBootstrap(): void {
    this.working = this.work();
  }

  /** The first hook after a signal: other processes take over what this one does not begin anymore. */
  onModuleDestroy(): void {
    this.stop.abort();
    this.wake();
    setTimeout(() => {
      this.abort.abort();
    }, LAST_ATTEMPT_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.working;
    await Promise.all(this.running.values());
  }

  /** Looks for work at once, instead of at the next change or interval. */
  wake(): void {
    this.isWoken = true;
    this.pausing?.abort();
  }

  private async work(): Promise<void> {
    while (!this.stop.signal.aborted) {
      this.isWoken = false;
      try {
        const { hasWebhooks, isDue, hasExpired, head } = await this.leases.look();
        if (isDue) await this.claim();
        if (hasExpired) await this.leases.removeExpired();
        this.failing.delete(LOOKING);
        await (hasWebhooks ? this.pause(INTERVAL_MS, head) : this.pause(IDLE_INTERVAL_MS));
      } catch (error) {
        this.warn(LOOKING, error);
        await this.pause(INTERVAL_MS);
      }
    }
  }

  private async claim(): Promise<void> {
    const claimedAt = performance.now();
    for (const claimed of await this.leases.claim(MAX_WEBHOOKS)) this.start(claimed, claimedAt);
  }

  private start(claimed: Claimed, claimedAt: number): void {
    const { id, name } = claimed.settings;
    const ending = { stop: this.stop.signal, abort: this.abort.signal };
    const run = this.delivery
      .run(claimed, claimedAt, ending)
      .then(
        () => {
          this.failing.delete(name);
          // There may be more entries than one lease covers.
          this.wake();
        },
        (error: unknown) => {
          this.warn(name, error);
        },
      )
      .finally(() => {
        if (this.running.get(id) === run) this.running.delete(id);
      });
    this.running.set(id, run);
  }

  /** Waits for some time, until {@link wake}, or until the record does not end at `head` anymore. */
  private async pause(ms: number, head?: number): Promise<void> {
    if (this.isWoken || this.stop.signal.aborted) return;
    const pausing = (this.pausing = new AbortController());
    const timer = setTimeout(() => {
      pausing.abort();
    }, ms).unref();
    await (head === undefined ? once(pausing.signal, 'abort') : this.watch.leaves(head, pausing.signal));
    clearTimeout(timer);
    this.pausing = undefined;
  }

  /** Logs a failure once until the work succeeds again; otherwise an outage would be a line every second. */
  private warn(what: string, error: unknown): void {
    if (!this.failing.has(what)) {
      this.logger.warn(`webhooks: ${what} failed (${databaseFailureOf(error).code ?? 'no code'}); trying again`);
    }
    this.failing.add(what);
  }
}
