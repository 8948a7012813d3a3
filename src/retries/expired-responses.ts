import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CLOCK } from '../database/actor.js';
import { databaseFailureOf } from '../database/database-errors.js';
import { Outage } from '../database/outage.js';
import { READ_ONLY } from '../database/standby.js';
import { inTransaction } from '../database/transaction.js';
import { EXPIRED } from './answer-once.js';

/** How often expired responses are looked for, in milliseconds. */
const INTERVAL_MS = 600_000;

/** Rows that one transaction removes, so that it holds the only connection of an embedded database for a moment. */
const BATCH = 100;

/** Skips rows that a request with the same key, or another process, is removing. */
const REMOVE = `
  WITH gone AS MATERIALIZED (
    SELECT medic_id, name FROM idempotent_response WHERE ${EXPIRED} ORDER BY created_at LIMIT ${String(BATCH)}
    FOR UPDATE SKIP LOCKED)
  DELETE FROM idempotent_response r USING gone WHERE r.medic_id = gone.medic_id AND r.name = gone.name
  RETURNING 1`;

/**
 * Removes stored responses once they are 24 hours old (contract, section 14), also if nobody sends an
 * `Idempotency-Key` anymore.
 */
@Injectable()
export class ExpiredResponses implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly outage = new Outage(ExpiredResponses.name, 'could not remove expired responses');
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private isStopping = false;

  constructor(private readonly dataSource: DataSource) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.remove(), INTERVAL_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    this.isStopping = true;
    await this.running;
  }

  /**
   * Removes all expired responses. If the database is unavailable, they stay until a later time; the log says so once.
   */
  remove(): Promise<void> {
    this.running ??= this.removeBatches().finally(() => (this.running = undefined));
    return this.running;
  }

  private async removeBatches(): Promise<void> {
    try {
      let removed = BATCH;
      while (removed === BATCH && !this.isStopping) {
        removed = await inTransaction(
          this.dataSource,
          CLOCK,
          async (transaction) => (await transaction.query(REMOVE)).length,
        );
      }
      this.outage.end();
    } catch (error) {
      // A standby accepts no writes: the processes of its primary remove the responses, and the standby follows.
      if (databaseFailureOf(error).code !== READ_ONLY) this.outage.report(error);
    }
  }
}
