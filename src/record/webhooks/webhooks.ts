import type { DataSource } from 'typeorm';
import { NoSuchHospital } from '../../common/errors.js';
import { OPERATOR } from '../../database/actor.js';
import { standAloneReads } from '../../database/pool.js';
import { rowOf } from '../../database/statements.js';
import { inTransaction, type Transaction } from '../../database/transaction.js';
import { sequenceAll } from '../bulk.js';
import type { EntryType } from '../entry.js';
import { newSecret, secretText, type WebhookSecrets } from './secrets.js';
import { NoSuchWebhook, PositionBeyondHead, TooManyWebhooks, WebhookNameTaken } from './webhook.errors.js';

/** Webhooks in all, also disabled ones. A process delivers to all of them at once, so that none waits for another. */
export const MAX_WEBHOOKS = 50;

/** The settings of a new webhook. */
export interface NewWebhook {
  /** 1 to 64 of `a-z 0-9 -`. */
  readonly name: string;
  /** As {@link webhookUrlOf} returns it. */
  readonly url: string;
  /** Only entries of these types; all by default. */
  readonly types?: readonly EntryType[] | undefined;
  /** Only entries about this hospital; all by default. */
  readonly hospital?: number | undefined;
  /** The first delivery is the entry after this position; by default the last position of the record. */
  readonly after?: number | undefined;
}

/** A webhook without its secrets. */
export interface WebhookSummary {
  readonly id: number;
  readonly name: string;
  readonly url: string;
  readonly types: readonly EntryType[] | null;
  readonly hospital: number | null;
  /** Everything up to here was delivered, or did not match the filters. */
  readonly position: number;
  /** The last position of the record. */
  readonly head: number;
  readonly created_at: string;
  readonly delivered_at: string | null;
  /** Failed attempts since the last success. */
  readonly failures: number;
  readonly failing_since: string | null;
  readonly last_failure: string | null;
  readonly next_attempt_at: string;
  readonly disabled_at: string | null;
  readonly disabled_because: 'operator' | 'gone' | 'failures' | null;
}

/** A webhook with its new secret, which cannot be read again. */
export interface IssuedSecret {
  readonly id: number;
  readonly name: string;
  readonly position: number;
  /** `whsec_…`. */
  readonly secret: string;
  /** Whether the secret is stored encrypted. */
  readonly encrypted: boolean;
}

type Issued = Pick<IssuedSecret, 'id' | 'name' | 'position'>;

const ISSUED = 'id, name, position';

/** Adds, lists and changes webhooks, for the operator (section 12 of the contract). */
export class Webhooks {
  constructor(
    private readonly dataSource: DataSource,
    private readonly secrets: WebhookSecrets,
  ) {}

  /**
   * @returns the webhook with its secret
   * @throws WebhookNameTaken, TooManyWebhooks, PositionBeyondHead, NoSuchHospital
   */
  async add({ name, url, types, hospital, after }: NewWebhook): Promise<IssuedSecret> {
    // Otherwise changes that are committed already could still count as later ones.
    await sequenceAll(this.dataSource);
    return inTransaction(this.dataSource, OPERATOR, async (transaction) => {
      // Two commands at once must not exceed the maximum.
      await transaction.query('LOCK TABLE webhook IN SHARE ROW EXCLUSIVE MODE');
      const { head, count, hasHospital } = rowOf(
        await transaction.query<{ head: number; count: number; hasHospital: boolean }>(
          `SELECT h.position AS head, (SELECT count(*)::integer FROM webhook) AS count,
             EXISTS (SELECT FROM hospital WHERE id = $1) AS "hasHospital" FROM record_head h`,
          [hospital ?? null],
        ),
      );
      if (count >= MAX_WEBHOOKS) throw new TooManyWebhooks(MAX_WEBHOOKS);
      if (after !== undefined && after > head) throw new PositionBeyondHead(head);
      if (hospital !== undefined && !hasHospital) throw new NoSuchHospital();
      const values = [name, url, types ?? null, hospital ?? null, after ?? head];
      return this.issue(name, async (secret, key) => {
        const [issued] = await transaction.query<Issued>(
          `INSERT INTO webhook (name, url, types, hospital, position, secret, secret_key)
           VALUES ($1, $2, $3, $4, $5, $6, $7)
           ON CONFLICT ON CONSTRAINT webhook_name_unique DO NOTHING RETURNING ${ISSUED}`,
          [...values, secret, key],
        );
        if (issued === undefined) throw new WebhookNameTaken();
        return issued;
      });
    });
  }

  /**
   * Replaces the secret of a webhook. A secret from before an earlier rotation stops signing at once.
   * @param grace how long the old secret signs too, in seconds
   * @returns the webhook with its new secret
   * @throws NoSuchWebhook
   */
  rotate(name: string, grace: number): Promise<IssuedSecret> {
    return inTransaction(this.dataSource, OPERATOR, (transaction) =>
      this.issue(name, (secret, key) =>
        found(
          transaction.query<Issued>(
            `UPDATE webhook SET secret = $2, secret_key = $3, previous_secret = secret, previous_key = secret_key,
               previous_until = now() + make_interval(secs => $4)
             WHERE name = $1 RETURNING ${ISSUED}`,
            [name, secret, key, grace],
          ),
        ),
      ),
    );
  }

  /** Delivers to a webhook again, from its position on and at once. @throws NoSuchWebhook */
  enable(name: string): Promise<Issued> {
    return this.change((transaction) =>
      transaction.query<Issued>(
        `UPDATE webhook SET disabled_at = NULL, disabled_because = NULL, failures = 0, failing_since = NULL,
           last_failure = NULL, next_attempt_at = now()
         WHERE name = $1 RETURNING ${ISSUED}`,
        [name],
      ),
    );
  }

  /** Stops deliveries to a webhook, which keeps its position. @throws NoSuchWebhook */
  disable(name: string): Promise<Issued> {
    return this.change((transaction) =>
      transaction.query<Issued>(
        `UPDATE webhook SET disabled_at = COALESCE(disabled_at, now()),
           disabled_because = COALESCE(disabled_because, 'operator')
         WHERE name = $1 RETURNING ${ISSUED}`,
        [name],
      ),
    );
  }

  /** Removes a webhook, its position and its secrets for ever. @throws NoSuchWebhook */
  remove(name: string): Promise<Issued> {
    return this.change((transaction) =>
      transaction.query<Issued>(`DELETE FROM webhook WHERE name = $1 RETURNING ${ISSUED}`, [name]),
    );
  }

  /** @returns all webhooks, ordered by name */
  list(): Promise<WebhookSummary[]> {
    return standAloneReads(this.dataSource).query<WebhookSummary>(
      `SELECT w.id, w.name, w.url, w.types, w.hospital, w.position, h.position AS head,
         w.created_at, w.delivered_at, w.failures, w.failing_since, w.last_failure, w.next_attempt_at, w.disabled_at,
         w.disabled_because
       FROM webhook w, record_head h ORDER BY w.name`,
    );
  }

  private change(work: (transaction: Transaction) => Promise<Issued[]>): Promise<Issued> {
    return inTransaction(this.dataSource, OPERATOR, (transaction) => found(work(transaction)));
  }

  private async issue(
    name: string,
    store: (secret: Buffer, key: string | null) => Promise<Issued>,
  ): Promise<IssuedSecret> {
    const secret = newSecret();
    const sealed = this.secrets.seal(name, secret);
    const issued = await store(sealed.secret, sealed.key);
    return { ...issued, secret: secretText(secret), encrypted: sealed.key !== null };
  }
}

/** @throws NoSuchWebhook the statement found none */
async function found(rows: Promise<Issued[]>): Promise<Issued> {
  const [issued] = await rows;
  if (issued === undefined) throw new NoSuchWebhook();
  return issued;
}
