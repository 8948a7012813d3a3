import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { standAloneReads } from '../../database/pool.js';
import { rowOf, type Statements } from '../../database/statements.js';
import type { EntryType } from '../entry.js';
import type { StoredSecret } from './secrets.js';

/** Term of a lease. An attempt takes at most 15 s of it, see {@link RENEW_AFTER_MS}. */
const TERM = `interval '20 seconds'`;

/** Age of a lease, in milliseconds, with which no attempt may begin: it could outlive the lease. */
export const RENEW_AFTER_MS = 3000;

/** Time for which a webhook may fail before it is disabled. */
const PATIENCE = `interval '3 days'`;

/** The present state of a webhook, as far as a delivery needs it. */
export interface Settings {
  readonly id: number;
  readonly name: string;
  readonly url: string;
  readonly types: EntryType[] | null;
  readonly hospital: number | null;
  readonly position: number;
  readonly failures: number;
  readonly isDisabled: boolean;
  /** The secrets that sign now, the current one first. */
  readonly secrets: readonly StoredSecret[];
}

/** The right to deliver to a webhook, which one process has at a time. */
export interface Lease {
  readonly id: number;
  readonly lease: string;
}

/** A webhook that this process may deliver to. */
export interface Claimed {
  readonly lease: Lease;
  readonly settings: Settings;
}

/** Whether there is work to do. */
export interface Outlook {
  /** Whether any webhook is enabled. */
  readonly hasWebhooks: boolean;
  /** Whether one can be claimed now. */
  readonly isDue: boolean;
  /** Whether the grace period of a previous secret has ended, but it is still stored. */
  readonly hasExpired: boolean;
  /** The last position of the record. */
  readonly head: number;
}

interface Row extends Omit<Settings, 'secrets'> {
  readonly secret: Buffer;
  readonly secretKey: string | null;
  readonly previousSecret: Buffer | null;
  readonly previousKey: string | null;
}

const COLUMNS = `w.id, w.name, w.url, w.types, w.hospital, w.position, w.failures,
  w.disabled_at IS NOT NULL AS "isDisabled", w.secret, w.secret_key AS "secretKey",
  CASE WHEN w.previous_until > clock_timestamp() THEN w.previous_secret END AS "previousSecret",
  w.previous_key AS "previousKey"`;

/** SQL condition: the grace period of the previous secret of the webhook `w` has ended. */
const HAS_EXPIRED = 'w.previous_until <= clock_timestamp()';

/** SQL condition: nobody delivers to the webhook `w`, although there are entries and it is time. `h` is the head. */
const IS_DUE = `w.disabled_at IS NULL AND w.position < h.position AND w.next_attempt_at <= clock_timestamp()
  AND (w.lease IS NULL OR w.leased_until <= clock_timestamp())`;

/**
 * SQL condition: the lease $2 of the webhook $1 has not passed to another process. A holder whose lease has run out may
 * go on as long as nobody else has claimed the webhook.
 */
const IS_HELD = 'w.id = $1 AND w.lease = $2';

/**
 * The only statements that move the position of a webhook. Each is short and a transaction of its own; between them
 * the process holds no connection. One that was lost with its connection may be sent again without harm.
 */
@Injectable()
export class WebhookLeases {
  /** They write nothing that anybody waits for, so they do not count as writes. */
  private readonly statements: Statements;

  constructor(dataSource: DataSource) {
    this.statements = standAloneReads(dataSource);
  }

  async look(): Promise<Outlook> {
    const rows = await this.statements.query<Outlook>(
      `SELECT EXISTS (SELECT FROM webhook WHERE disabled_at IS NULL) AS "hasWebhooks",
         EXISTS (SELECT FROM webhook w WHERE ${IS_DUE}) AS "isDue",
         EXISTS (SELECT FROM webhook w WHERE ${HAS_EXPIRED}) AS "hasExpired", h.position AS head FROM record_head h`,
    );
    return rowOf(rows);
  }

  /**
   * Removes the previous secrets whose grace period has ended, so that a dump of the database does not contain them.
   * Webhooks whose rows are locked wait for the next call, so that nobody who holds one stops the others.
   */
  async removeExpired(): Promise<void> {
    await this.statements.query(
      `UPDATE webhook w SET previous_secret = NULL, previous_key = NULL, previous_until = NULL
       FROM (SELECT w.id FROM webhook w WHERE ${HAS_EXPIRED} FOR UPDATE SKIP LOCKED) expired WHERE w.id = expired.id`,
    );
  }

  /** @returns up to `limit` webhooks that are due, which no other process gets until their lease has run out */
  async claim(limit: number): Promise<Claimed[]> {
    const lease = randomUUID();
    const rows = await this.statements.query<Row>(
      `UPDATE webhook w SET lease = $1, leased_until = clock_timestamp() + ${TERM}
       FROM (SELECT w.id FROM webhook w, record_head h WHERE w.lease = $1 OR ${IS_DUE}
             ORDER BY w.next_attempt_at, w.id LIMIT $2 FOR UPDATE OF w SKIP LOCKED) due
       WHERE w.id = due.id RETURNING ${COLUMNS}`,
      [lease, limit],
    );
    return rows.map((row) => ({ lease: { id: row.id, lease }, settings: settingsOf(row) }));
  }

  /** Starts a new term. @returns the webhook; undefined if the lease has passed to another process */
  renew({ id, lease }: Lease): Promise<Settings | undefined> {
    return this.held(
      `UPDATE webhook w SET leased_until = clock_timestamp() + ${TERM} WHERE ${IS_HELD} RETURNING ${COLUMNS}`,
      [id, lease],
    );
  }

  /**
   * Stores that the receiver has the entry at `to`, and starts a new term.
   * @param from the position before it
   * @returns as {@link renew}; also undefined if the webhook is not at `from`, after the database has lost commits
   */
  delivered({ id, lease }: Lease, from: number, to: number): Promise<Settings | undefined> {
    return this.held(
      `UPDATE webhook w SET position = $4, delivered_at = clock_timestamp(), failures = 0, failing_since = NULL,
         last_failure = NULL, leased_until = clock_timestamp() + ${TERM}
       WHERE ${IS_HELD} AND w.position IN ($3, $4) RETURNING ${COLUMNS}`,
      [id, lease, from, to],
    );
  }

  /** Ends the lease. @param to moves the position over entries that do not match the filters */
  async release({ id, lease }: Lease, from: number, to: number): Promise<void> {
    await this.statements.query(
      `UPDATE webhook w SET position = $4, lease = NULL, leased_until = NULL WHERE ${IS_HELD} AND w.position = $3`,
      [id, lease, from, to],
    );
  }

  /**
   * Stores a failed attempt, and ends the lease.
   * @param reason a few words without secrets
   * @param delay until the next attempt, in seconds
   * @param isGone whether the receiver said that it wants no more deliveries
   * @returns whether the webhook is disabled now; undefined if the lease has passed to another process
   */
  async failed(
    { id, lease }: Lease,
    { reason, delay, isGone }: { reason: string; delay: number; isGone: boolean },
  ): Promise<boolean | undefined> {
    const [row] = await this.statements.query<{ isDisabled: boolean }>(
      `UPDATE webhook w SET failures = w.failures + 1, failing_since = COALESCE(w.failing_since, clock_timestamp()),
         last_failure = $3, next_attempt_at = clock_timestamp() + make_interval(secs => $4),
         disabled_at = CASE WHEN w.disabled_at IS NULL AND gives_up THEN clock_timestamp() ELSE w.disabled_at END,
         disabled_because = CASE WHEN w.disabled_at IS NULL AND gives_up THEN CASE WHEN $5 THEN 'gone' ELSE 'failures' END
           ELSE w.disabled_because END,
         lease = NULL, leased_until = NULL
       FROM (SELECT id, $5::boolean OR COALESCE(failing_since <= clock_timestamp() - ${PATIENCE}, false) AS gives_up
             FROM webhook) now
       WHERE ${IS_HELD} AND now.id = w.id RETURNING w.disabled_at IS NOT NULL AS "isDisabled"`,
      [id, lease, reason, delay, isGone],
    );
    return row?.isDisabled;
  }

  private async held(text: string, values: readonly unknown[]): Promise<Settings | undefined> {
    const [row] = await this.statements.query<Row>(text, values);
    return row === undefined ? undefined : settingsOf(row);
  }
}

function settingsOf({ secret, secretKey, previousSecret, previousKey, ...row }: Row): Settings {
  const previous = previousSecret === null ? [] : [{ secret: previousSecret, key: previousKey }];
  return { ...row, secrets: [{ secret, key: secretKey }, ...previous] };
}
