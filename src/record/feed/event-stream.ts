import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Outage } from '../../database/outage.js';
import type { Entries, EntriesAfter } from '../record-reader.js';
import { AnotherRecord } from './feed.errors.js';
import type { FeedService } from './feed.service.js';
import type { Follower } from './follower.js';

/** The media type of server-sent events (HTML standard, section 9.2). */
export const EVENT_STREAM = 'text/event-stream';

/** Entries per read: usually less than 48 KB, which V8 frees at its next minor collection. */
export const ENTRIES_PER_READ = 100;

/** Time until a client reconnects, and until a failed read is tried again, in milliseconds. */
const RETRY_MS = 1000;

/** Time until a client that has not read to the end of its stream is disconnected, in milliseconds. */
const LAST_WORDS_MS = 5000;

/**
 * The feed as server-sent events. It reads entries only when the client has taken those before, so that it holds one
 * read at most; a client that takes nothing from one beat to the next is disconnected.
 */
export class EventStream extends Readable {
  private readonly outage = new Outage(EventStream.name, 'could not read the feed');
  private isWanted = false;
  private isFilling = false;
  private hasSent = true;
  /** The position of the last `id:` line. */
  private sent: number;

  /** @param last entries that were read already, to be sent first */
  constructor(
    private readonly feed: FeedService,
    private readonly follower: Follower,
    private last: EntriesAfter & Entries,
  ) {
    super({ highWaterMark: 0 });
    this.sent = last.after;
    this.send(`retry: ${String(RETRY_MS)}\n\n${this.textOf(last)}`);
    follower.onBeat = () => {
      this.beat();
    };
    if (follower.hasEnded) this.finish();
    else
      follower.signal.addEventListener('abort', () => {
        this.finish();
      });
  }

  override _read(): void {
    this.isWanted = true;
    if (!this.isFilling) void this.fill();
  }

  private async fill(): Promise<void> {
    this.isFilling = true;
    while (this.isWanted && !this.follower.hasEnded) await this.advance();
    this.isFilling = false;
  }

  private async advance(): Promise<void> {
    try {
      const read = await this.feed.next(this.follower, this.last);
      // Otherwise the entries are read again, when the database can say whether the key is live.
      if (await this.follower.mayRead()) {
        this.last = read;
        if (read.entries.length > 0) this.send(this.textOf(read));
        this.outage.end();
        return;
      }
    } catch (error) {
      // The client reconnects, and gets the reason.
      if (error instanceof AnotherRecord) this.follower.end();
      else this.outage.report(error);
    }
    await sleep(RETRY_MS, undefined, { signal: this.follower.signal }).catch(() => undefined);
  }

  /** Sends a comment, and to a client with filters how far it has read. */
  private beat(): void {
    if (!this.isWanted && !this.hasSent) {
      this.follower.disconnect();
      return;
    }
    this.hasSent = false;
    if (!this.isWanted) return;
    const { next } = this.last;
    this.send(next > this.sent ? `:\nid: ${String(next)}\n\n` : ':\n\n');
    this.sent = next;
  }

  private send(text: string): void {
    if (this.destroyed || this.readableEnded) return;
    this.isWanted = false;
    this.hasSent = true;
    this.push(text);
  }

  private finish(): void {
    if (this.destroyed) return;
    this.push(null);
    const timer = setTimeout(this.follower.disconnect, LAST_WORDS_MS).unref();
    this.once('close', () => {
      clearTimeout(timer);
    });
  }

  private textOf({ entries }: Entries): string {
    this.sent = entries.at(-1)?.position ?? this.sent;
    return entries.map(({ position, body }) => `id: ${String(position)}\ndata: ${body}\n\n`).join('');
  }
}
