import { Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { CLOCK } from '../database/actor.js';
import { inTransaction } from '../database/transaction.js';

/** How often the recorded times are stored, in milliseconds. */
const FLUSH_MS = 60_000;

/** Maintains a column `last_used_at` in batches, up to a minute late, so that requests need no write for it. */
export abstract class LastUse implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger: Logger;
  private used = new Map<number, Date>();
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param table has the columns `id` and `last_used_at`
   * @param rows names its rows in the log
   */
  constructor(
    private readonly dataSource: DataSource,
    private readonly table: 'api_token' | 'service_account',
    private readonly rows: string,
  ) {
    this.logger = new Logger(this.constructor.name);
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.flush(), FLUSH_MS).unref();
  }

  /** Stores the last recorded times. At this point no request is in progress and the database is still connected. */
  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }

  /** Records that a row is used now. */
  note(id: number): void {
    this.used.set(id, new Date());
  }

  /** Stores the recorded times. If the database is unavailable, they are kept for the next flush. */
  async flush(): Promise<void> {
    const used = this.used;
    if (used.size === 0) return;
    this.used = new Map();
    try {
      // Skips rows that another process is updating, so that two flushes cannot deadlock.
      await inTransaction(this.dataSource, CLOCK, (transaction) =>
        transaction.query(
          `UPDATE ${this.table} t SET last_used_at = GREATEST(t.last_used_at, u.at)
           FROM (SELECT t.id, n.at FROM unnest($1::integer[], $2::timestamptz[]) AS n (id, at)
                 JOIN ${this.table} t USING (id) FOR NO KEY UPDATE OF t SKIP LOCKED) u
           WHERE t.id = u.id`,
          [[...used.keys()], [...used.values()]],
        ),
      );
    } catch {
      this.used = new Map([...used, ...this.used]);
      this.logger.warn(`could not store last_used_at of the ${this.rows}; retrying in a minute`);
    }
  }
}
