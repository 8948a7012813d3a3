import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Outage } from '../database/outage.js';
import { Reads } from '../database/reads.js';
import { rowOf } from '../database/statements.js';
import { onWrite } from '../database/writes.js';
import { SEQUENCE_BATCH } from './record-reader.js';

/** Delay from the first unsequenced write of this process, in milliseconds. Writes until then share a call. */
const DELAY_MS = 20;

/** How often to look for changes that no process has announced, in milliseconds. */
const INTERVAL_MS = 1000;

/** Sequences if something waits. The function sees what was committed before it took the lock. */
const SEQUENCE_IF_BEHIND = 'SELECT CASE WHEN record_is_behind() THEN record_sequence($1) ELSE 0 END AS moved';

/**
 * Moves changes from the inbox into the record: soon after each write of this process, and once a second those that
 * were written elsewhere, by SQL typed by hand or by a process that has ended. Any number of processes may do this at
 * once, so none of them has to be the leader. Between calls it holds no connection.
 */
@Injectable()
export class Sequencer implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly outage = new Outage(Sequencer.name, 'could not sequence the record');
  private stopListening: (() => void) | undefined;
  private interval: NodeJS.Timeout | undefined;
  private delay: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly reads: Reads,
  ) {}

  onApplicationBootstrap(): void {
    this.stopListening = onWrite(this.dataSource, () => {
      this.schedule();
    });
    this.interval = setInterval(() => {
      this.run();
    }, INTERVAL_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopListening?.();
    clearInterval(this.interval);
    clearTimeout(this.delay);
    this.interval = this.delay = undefined;
    await this.running;
  }

  private schedule(): void {
    this.delay ??= setTimeout(() => {
      this.delay = undefined;
      if (this.running === undefined) this.run();
      // The call that runs may have read the inbox before the write.
      else {
        void this.running.then(() => {
          if (this.interval !== undefined) this.run();
        });
      }
    }, DELAY_MS).unref();
  }

  private run(): void {
    this.running ??= this.sequence().finally(() => (this.running = undefined));
  }

  private async sequence(): Promise<void> {
    try {
      let moved = SEQUENCE_BATCH;
      while (moved === SEQUENCE_BATCH) {
        const rows = await this.reads.sequencing.query<{ moved: number }>(SEQUENCE_IF_BEHIND, [SEQUENCE_BATCH]);
        moved = rowOf(rows).moved;
      }
      this.outage.end();
    } catch (error) {
      this.outage.report(error);
    }
  }
}
