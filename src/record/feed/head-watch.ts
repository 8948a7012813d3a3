import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { onWrite } from '../../database/writes.js';
import { RecordReader } from '../record-reader.js';

/** How often to look for entries that other processes have written, in milliseconds. */
const INTERVAL_MS = 100;

/** When to look after a write of this process, in milliseconds: as soon as the background process has sequenced it. */
const AFTER_WRITE_MS = 25;

/** One that waits for the head of the record to leave a position. */
interface Waiting {
  readonly position: number;
  readonly wake: () => void;
}

/**
 * Watches the head of the record for everybody in this process who waits for it: one statement each time, however many
 * they are, and none if nobody waits. Between statements it holds no connection.
 */
@Injectable()
export class HeadWatch implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly waiting = new Set<Waiting>();
  private timer: NodeJS.Timeout | undefined;
  private isSoon = false;
  private isReading = false;
  private stopListening: (() => void) | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly reader: RecordReader,
  ) {}

  onApplicationBootstrap(): void {
    this.stopListening = onWrite(this.dataSource, () => {
      if (this.waiting.size > 0 && !this.isSoon) this.schedule(AFTER_WRITE_MS);
    });
  }

  onModuleDestroy(): void {
    this.stopListening?.();
  }

  /**
   * Waits until the head of the record is another position, also an earlier one of another record. While the database
   * is unavailable, it keeps waiting.
   * @returns when that is so, or the signal has been aborted
   */
  leaves(position: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener('abort', wake);
        this.waiting.delete(waiting);
        if (this.waiting.size === 0) this.stop();
        resolve();
      };
      const waiting = { position, wake };
      signal.addEventListener('abort', wake);
      this.waiting.add(waiting);
      if (this.timer === undefined) this.schedule(INTERVAL_MS);
    });
  }

  private schedule(delay: number): void {
    clearTimeout(this.timer);
    this.isSoon = delay === AFTER_WRITE_MS;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.isSoon = false;
      void this.look();
    }, delay).unref();
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.isSoon = false;
  }

  private async look(): Promise<void> {
    if (!this.isReading) {
      this.isReading = true;
      const head = await this.reader.head().catch(() => undefined);
      this.isReading = false;
      for (const { position, wake } of [...this.waiting]) {
        if (head !== undefined && head.position !== position) wake();
      }
    }
    if (this.waiting.size > 0 && this.timer === undefined) this.schedule(INTERVAL_MS);
  }
}
