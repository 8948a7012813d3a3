import { Inject, Injectable, Logger } from '@nestjs/common';
import { FairPool } from '../../database/fair-pool.js';
import { RecordReader } from '../record-reader.js';
import { delayAfter } from './backoff.js';
import { RENEW_AFTER_MS, WebhookLeases, type Claimed, type Settings } from './leases.js';
import { messageOf } from './message.js';
import { UnreadableSecret, WebhookSecrets, type StoredSecret } from './secrets.js';
import { RECEIVER_OPTIONS, ReceiverConnection, type Outcome, type ReceiverOptions } from './receiver-connection.js';

/** Upper bound of the entries that are read and delivered under one lease. */
const ENTRIES_PER_LEASE = 100;

/** Upper bound of concurrent reads in one process, because they share their connections with the look-up of keys. */
const READS_AT_A_TIME = 2;

/** How a run ends early. */
export interface Ending {
  /** Begin no other attempt. */
  readonly stop: AbortSignal;
  /** End the attempt in progress too. Its entry is delivered again later. */
  readonly abort: AbortSignal;
}

/** Delivers the entries to a webhook, one after another in their order, under a lease. */
@Injectable()
export class Delivery {
  private readonly logger = new Logger('Webhook');
  private readonly reads = new FairPool(Array.from({ length: READS_AT_A_TIME }, (_, index) => index));

  constructor(
    private readonly leases: WebhookLeases,
    private readonly reader: RecordReader,
    private readonly secrets: WebhookSecrets,
    @Inject(RECEIVER_OPTIONS) private readonly options: ReceiverOptions,
  ) {}

  /**
   * Delivers the next entries to a webhook, until an attempt fails or the lease is lost, and ends the lease.
   * @param claimedAt when it was claimed, by `performance.now()`
   * @throws the error of the database
   */
  async run({ lease, settings }: Claimed, claimedAt: number, { stop, abort }: Ending): Promise<void> {
    const { position, types, hospital } = settings;
    const connection = new ReceiverConnection(this.options);
    const run = { settings, position, renewedAt: claimedAt };
    /** Takes over the present settings and the new term of the lease. @returns whether to go on */
    const continues = (now: Settings | undefined, before: number): now is Settings => {
      if (now === undefined) return false;
      Object.assign(run, { settings: now, renewedAt: before });
      return !now.isDisabled;
    };
    let end = position;
    try {
      const { entries, next } = await this.reads.use(
        { id: settings.id },
        () =>
          this.reader.after({
            after: position,
            limit: ENTRIES_PER_LEASE,
            types: types ?? undefined,
            hospital: hospital ?? undefined,
          }),
        true,
      );
      for (const entry of entries) {
        if (stop.aborted) return;
        let before = performance.now();
        if (before - run.renewedAt > RENEW_AFTER_MS && !continues(await this.leases.renew(lease), before)) return;
        const outcome = await this.attempt(connection, run.settings, entry.body, abort);
        if (!outcome.isDelivered) {
          if (!abort.aborted) await this.fail({ lease, settings: run.settings }, outcome);
          return;
        }
        if (run.settings.failures > 0) this.logger.warn(`webhook ${settings.name}: delivered again`);
        before = performance.now();
        const stored = await this.leases.delivered(lease, run.position, entry.position);
        if (stored !== undefined) run.position = end = entry.position;
        if (!continues(stored, before)) return;
      }
      end = next;
    } finally {
      connection.close();
      // Without effect if the lease was lost or has ended with a failure.
      await this.leases.release(lease, run.position, end);
    }
  }

  private async attempt(
    connection: ReceiverConnection,
    { name, url, secrets }: Settings,
    entry: string,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const opened = secrets.map((secret) => this.open(name, secret));
    if (opened[0] === undefined) {
      return { isDelivered: false, reason: 'the signing key that encrypted its secret is missing' };
    }
    // A previous secret that cannot be read must not keep the new one from being used.
    const readable = opened.filter((secret) => secret !== undefined);
    return connection.send(url, messageOf(entry, readable, Date.now() / 1000), signal);
  }

  private open(name: string, stored: StoredSecret): Buffer | undefined {
    try {
      return this.secrets.open(name, stored);
    } catch (error) {
      if (error instanceof UnreadableSecret) return undefined;
      throw error;
    }
  }

  private async fail({ lease, settings }: Claimed, { reason, isGone = false, retryAfter }: Outcome): Promise<void> {
    const delay = delayAfter(settings.failures + 1, retryAfter);
    const isDisabled = await this.leases.failed(lease, { reason, delay, isGone });
    if (isDisabled === undefined) return;
    const next = isDisabled ? 'disabled' : `next attempt in ${String(delay)} s`;
    this.logger.warn(`webhook ${settings.name}: ${reason}; ${next}`);
  }
}
