import { Injectable } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { Reads } from '../database/reads.js';
import { StandbyRefused } from '../database/standby.js';
import { rowOf } from '../database/statements.js';
import { ageOf } from '../database/timestamps.js';
import { Limiters, type RedisState } from '../limits/limiter.js';

/** Upper bound of the time of each check, in milliseconds. */
const CHECK_MS = 3000;

/** The results of the checks that `/health/ready` makes. */
export interface Checks {
  /** Only `ok` is ready. */
  readonly database: 'ok' | 'read-only' | 'unavailable';
  /** Null if the database did not say. */
  readonly role: 'primary' | 'standby' | null;
  /** `off` without `REDIS_URL`. Requests are served without Redis too. */
  readonly redis: RedisState;
  /** Seconds since the record has last received entries; null if that is unknown, or if the record is empty. */
  readonly record_head_age: number | null;
}

type Database = Pick<Checks, 'database' | 'role'>;

/**
 * `transaction_read_only` is always on for a standby; on a primary it is a setting of the operator. Read connections
 * respond even while all writes are blocked.
 */
const STATE = `SELECT current_setting('transaction_read_only') = 'off' AS "isWritable",
  pg_is_in_recovery() AS "isStandby"`;

const HEAD_AGE = `SELECT ${ageOf("nullif(clock, '-infinity')")} AS age FROM record_head`;

/** Checks what the process needs to serve requests. Concurrent probes share the checks. */
@Injectable()
export class Readiness {
  private pending: Promise<Checks> | undefined;

  constructor(
    private readonly reads: Reads,
    private readonly limiters: Limiters,
  ) {}

  /** @returns the results, after {@link CHECK_MS} at the latest */
  check(): Promise<Checks> {
    return (this.pending ??= this.run().finally(() => (this.pending = undefined)));
  }

  private async run(): Promise<Checks> {
    const [database, redis, headAge] = await Promise.all([
      inTime(this.database(), { database: 'unavailable', role: null }),
      inTime(this.limiters.redisState(), 'unavailable'),
      inTime(this.headAge(), null),
    ]);
    return { ...database, redis, record_head_age: headAge };
  }

  private async database(): Promise<Database> {
    try {
      const { isWritable, isStandby } = rowOf(
        await this.reads.query<{ isWritable: boolean; isStandby: boolean }>(STATE),
      );
      return { database: isWritable ? 'ok' : 'read-only', role: isStandby ? 'standby' : 'primary' };
    } catch (error) {
      return { database: 'unavailable', role: error instanceof StandbyRefused ? 'standby' : null };
    }
  }

  private async headAge(): Promise<number | null> {
    const { age } = rowOf(await this.reads.query<{ age: number | null }>(HEAD_AGE));
    return age === null ? null : Math.max(0, age) / 1000;
  }
}

/** @returns the result of a check, or `otherwise` if it fails or takes longer than {@link CHECK_MS} */
async function inTime<Result>(check: Promise<Result>, otherwise: Result): Promise<Result> {
  const late = new AbortController();
  const timeout = sleep(CHECK_MS, otherwise, { signal: late.signal, ref: false }).catch(() => otherwise);
  try {
    return await Promise.race([check, timeout]);
  } catch {
    return otherwise;
  } finally {
    late.abort();
  }
}
