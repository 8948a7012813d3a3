import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CLOCK, statedBy, statingSql } from '../database/actor.js';
import { Outage } from '../database/outage.js';
import { standAlone } from '../database/pool.js';
import { Reads } from '../database/reads.js';
import { ON_PRIMARY } from '../database/standby.js';
import type { Statements } from '../database/statements.js';

/** How often to look for memberships that have started or ended, in milliseconds. */
const INTERVAL_MS = 1000;

/** Upper bound of the memberships that one transaction touches, and so of the row locks that it holds. */
const BATCH = 200;

/** Reads the first row of the index of due memberships, which is empty while none is limited. */
export const IS_DUE = `SELECT FROM record_is_due() is_due WHERE is_due AND ${ON_PRIMARY}`;

/**
 * Touches memberships that are due: their triggers write the entries. Rows that somebody else has locked are skipped: the
 * other writer writes these entries as well, or the next round does.
 */
export const TOUCH = `
  WITH due AS MATERIALIZED (
      SELECT id FROM membership WHERE due_at <= statement_timestamp() ORDER BY due_at LIMIT ${String(BATCH)}
      FOR NO KEY UPDATE SKIP LOCKED),
    stated AS MATERIALIZED (${statingSql()})
  UPDATE membership s SET due_at = s.due_at FROM due, stated
  WHERE s.id = due.id AND stated.actor IS NOT NULL RETURNING s.id`;

/**
 * Makes the record show within 2 s which memberships have started or ended (section 14 of the contract); thousands at one
 * instant take longer. No right depends on it, and none of the processes has to be the leader: each entry is written
 * under the lock of its row.
 */
@Injectable()
export class MembershipClock implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly outage = new Outage(MembershipClock.name, 'could not record which memberships started or ended');
  private readonly alone: Statements;
  private interval: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(
    dataSource: DataSource,
    private readonly reads: Reads,
  ) {
    this.alone = standAlone(dataSource);
  }

  onApplicationBootstrap(): void {
    this.interval = setInterval(() => {
      this.running ??= this.run().finally(() => (this.running = undefined));
    }, INTERVAL_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.interval);
    this.interval = undefined;
    await this.running;
  }

  private async run(): Promise<void> {
    try {
      if ((await this.reads.query(IS_DUE)).length > 0) {
        let touched = BATCH;
        while (touched === BATCH && this.interval !== undefined) {
          touched = (await this.alone.query(TOUCH, statedBy(CLOCK))).length;
        }
      }
      this.outage.end();
    } catch (error) {
      this.outage.report(error);
    }
  }
}
