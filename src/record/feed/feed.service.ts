import { Injectable } from '@nestjs/common';
import { FairPool } from '../../database/fair-pool.js';
import { RecordReader, type Entries, type EntriesAfter } from '../record-reader.js';
import { entryOf } from '../entry.js';
import { AnotherRecord, IdWithoutPosition, InvalidPosition } from './feed.errors.js';
import { DEFAULT_ENTRIES, MAX_ENTRIES, type FeedQuery } from './feed.query.js';
import type { Follower } from './follower.js';
import { HeadWatch } from './head-watch.js';

/**
 * Reads of the feed at a time in one process, of which an account gets half. Each has up to half a megabyte, on the
 * connections that check keys too.
 */
const READS_AT_A_TIME = 4;

/** Reads the feed for service accounts (section 12 of the contract). */
@Injectable()
export class FeedService {
  private readonly pool = new FairPool(Array.from({ length: READS_AT_A_TIME }, (_, index) => index));
  /** Reads in progress of followers, by what they read: many of them read the same. */
  private readonly shared = new Map<string, Promise<Entries>>();

  constructor(
    private readonly reader: RecordReader,
    private readonly watch: HeadWatch,
  ) {}

  /**
   * Reads the first entries that a request asks for, among them everything that was committed before it.
   * @param account id of the service account
   * @param lastEventId takes precedence over `after`; empty means absent
   * @throws InvalidPosition, IdWithoutPosition, AnotherRecord
   * @throws TooManyLists, Overloaded see {@link FairPool.use}
   */
  async begin(account: number, query: FeedQuery, lastEventId = ''): Promise<EntriesAfter & Entries> {
    const [field, value] = lastEventId === '' ? ['after', query.after ?? '0'] : ['Last-Event-ID', lastEventId];
    const after = positionOf(value);
    if (after === undefined) throw new InvalidPosition(field, (await this.reader.head()).position);
    const range = rangeOf(query, after);
    const entries = await this.pool.use({ id: account }, () => this.reader.after(range));
    if (after > entries.head) throw new InvalidPosition(field, entries.head);
    // After the entries are read, so that they cannot come from a record that replaces the checked one.
    if (query.id !== undefined) await this.requireEntry(query.id, positionOf(query.after));
    return { ...range, ...entries };
  }

  /**
   * Waits until there is an entry.
   * @param follower is ended afterwards
   * @param seconds how long at most
   * @param last what the request has read, without an entry
   * @throws as {@link next}
   */
  async wait(follower: Follower, seconds: number, last: EntriesAfter & Entries): Promise<EntriesAfter & Entries> {
    const deadline = setTimeout(() => {
      follower.end();
    }, seconds * 1000);
    try {
      let read = last;
      while (read.entries.length === 0 && !follower.hasEnded) read = await this.next(follower, read);
      if (follower.refusal !== undefined) throw follower.refusal;
      return read;
    } finally {
      clearTimeout(deadline);
      follower.end();
    }
  }

  /**
   * Waits until the record is longer than what a follower has read, and continues.
   * @returns the entries, none if the next ones do not match or the follower has ended
   * @throws AnotherRecord the record was replaced, or has lost entries
   * @throws DatabaseUnavailable the read failed
   */
  async next(follower: Follower, last: EntriesAfter & Entries): Promise<EntriesAfter & Entries> {
    if (last.next >= last.head) await this.watch.leaves(last.next, follower.signal);
    if (follower.hasEnded) return { ...last, entries: [] };
    const entries = await this.follow(follower.account, { ...last, after: last.next });
    if (entries.origin !== last.origin || entries.head < last.next) throw new AnotherRecord();
    return { ...last, ...entries };
  }

  /** Reads for a follower. It may get the entries of a read that has begun already, because it asks for no commit. */
  private follow(account: number, { after, limit, types, hospital, medic }: EntriesAfter): Promise<Entries> {
    const range = { after, limit, types, hospital, medic };
    const key = JSON.stringify(range);
    let reading = this.shared.get(key);
    if (reading === undefined) {
      reading = this.pool
        .use({ id: account }, () => this.reader.after(range), true)
        .finally(() => {
          this.shared.delete(key);
        });
      this.shared.set(key, reading);
    }
    return reading;
  }

  private async requireEntry(id: string, position = 0): Promise<void> {
    if (position === 0) throw new IdWithoutPosition();
    const body = await this.reader.at(position);
    if (body === undefined || entryOf(body).id !== id) throw new AnotherRecord();
  }
}

/** @returns the position; undefined if it is none */
function positionOf(value: unknown): number | undefined {
  return typeof value === 'string' && /^\d+$/.test(value)
    ? Math.min(Number(value), Number.MAX_SAFE_INTEGER)
    : undefined;
}

function rangeOf({ limit = DEFAULT_ENTRIES, type, hospital, medic }: FeedQuery, after: number): EntriesAfter {
  return { after, limit: Math.min(limit, MAX_ENTRIES), types: type, hospital, medic };
}
