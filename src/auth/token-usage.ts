import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** How often what was noted is stored, in milliseconds. */
const FLUSH_MS = 60_000;

/** Keeps `last_used_at` of the keys, without a write per request: it is up to a minute behind. */
@Injectable()
export class TokenUsage implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(TokenUsage.name);
  private used = new Map<number, Date>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly dataSource: DataSource) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.flush(), FLUSH_MS).unref();
  }

  /** Stores what was noted last: no request is under way any more, and the database is still there. */
  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }

  /** Notes that a key was used now. */
  note(tokenId: number): void {
    this.used.set(tokenId, new Date());
  }

  /** Stores what was noted. While the database is away it is kept for the next time. */
  async flush(): Promise<void> {
    const used = this.used;
    if (used.size === 0) return;
    this.used = new Map();
    try {
      // A key that another process stores at this moment is left to it, so that no two wait for each other.
      await this.dataSource.query(
        `UPDATE api_token t SET last_used_at = GREATEST(t.last_used_at, u.at)
         FROM (SELECT t.id, n.at FROM unnest($1::integer[], $2::timestamptz[]) AS n (id, at)
               JOIN api_token t USING (id) FOR NO KEY UPDATE OF t SKIP LOCKED) u
         WHERE t.id = u.id`,
        [[...used.keys()], [...used.values()]],
      );
    } catch {
      this.used = new Map([...used, ...this.used]);
      this.logger.warn('last_used_at of the tokens could not be stored; it is tried again in a minute');
    }
  }
}
