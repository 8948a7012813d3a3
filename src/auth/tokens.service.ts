import { Injectable } from '@nestjs/common';
import { DataSource, IsNull, Not } from 'typeorm';
import { rowOf } from '../database/statements.js';
import { inTransaction, type Transaction } from '../database/transaction.js';
import { ApiToken } from './api-token.entity.js';
import { InvalidToken, MAX_LIVE_TOKENS, TooManyTokens } from './auth.errors.js';
import type { CurrentMedic } from './current-medic.decorator.js';
import { RecentKeys } from './recent-keys.js';
import { digestOf, generateKey } from './token-key.js';

/** SQL for a key that works, as far as the key is concerned. */
export const LIVE = '(revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()))';

/** What may be told of a token. */
export interface TokenSummary {
  readonly id: number;
  readonly label: string;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
  readonly last_used_at: string | null;
}

/** What a new key is to be. */
export interface NewKey {
  /** What the medic or the operator knows the key by. */
  readonly label: string;
  /** The first instant at which it no longer works, as SQL reads it; absent for never. */
  readonly expiresAt?: string | undefined;
}

/** Issues and revokes keys. */
@Injectable()
export class TokensService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly recent: RecentKeys = new RecentKeys(),
  ) {}

  /**
   * Stores a new key for a medic.
   * @returns the key itself, which cannot be had again
   */
  async issue(transaction: Transaction, medicId: number, { label, expiresAt }: NewKey): Promise<string> {
    const { key, digest } = this.generate();
    await transaction.query('INSERT INTO api_token (medic_id, label, digest, expires_at) VALUES ($1, $2, $3, $4)', [
      medicId,
      label,
      digest,
      expiresAt ?? null,
    ]);
    return key;
  }

  /**
   * As {@link issue}, for a medic who may have keys already.
   * @throws TooManyTokens the medic has the most that may work at a time
   */
  issueFurther(medicId: number, newKey: NewKey): Promise<string> {
    return inTransaction(this.dataSource, async (transaction) => {
      await this.requireRoom(transaction, medicId, null);
      return transaction.commitWith(() => this.issue(transaction, medicId, newKey));
    });
  }

  /**
   * Issues a key for a log-in. If there is no room for it, the oldest log-in key gives way, so that nobody who knows
   * the password is kept out by earlier log-ins.
   * @param lifetime in seconds
   * @throws TooManyTokens the medic has the most that may work at a time, and none of them is a log-in's
   */
  issueForLogin(medicId: number, lifetime: number): Promise<string> {
    return inTransaction(this.dataSource, async (transaction) => {
      const [, counts] = await Promise.all([
        lockMedic(transaction, medicId),
        transaction.query<{ count: number }>(
          `WITH live AS MATERIALIZED (SELECT id, is_login FROM api_token WHERE medic_id = $1 AND ${LIVE}),
             replaced AS (
               UPDATE api_token SET revoked_at = now() WHERE id IN (
                 SELECT id FROM live WHERE is_login ORDER BY id
                 LIMIT GREATEST((SELECT count(*) FROM live) - $2 + 1, 0)) RETURNING id)
           SELECT ((SELECT count(*) FROM live) - (SELECT count(*) FROM replaced))::integer AS count`,
          [medicId, MAX_LIVE_TOKENS],
        ),
      ]);
      if (rowOf(counts).count >= MAX_LIVE_TOKENS) throw new TooManyTokens();
      const { key, digest } = this.generate();
      await transaction.commitWith(() =>
        transaction.query(
          `INSERT INTO api_token (medic_id, label, is_login, digest, expires_at)
           VALUES ($1, 'login', true, $2, now() + make_interval(secs => $3))`,
          [medicId, digest, lifetime],
        ),
      );
      return key;
    });
  }

  /**
   * Issues a key that takes the place of the one that the request came with: it has the same label and
   * ends when that one would have ended.
   * @param grace for how many seconds the old key works on
   * @throws InvalidToken the old key has been revoked meanwhile
   * @throws TooManyTokens the medic has as many others as may work at a time
   */
  rotate({ id: medicId, tokenId }: CurrentMedic, grace: number): Promise<string> {
    return inTransaction(this.dataSource, async (transaction) => {
      await this.requireRoom(transaction, medicId, tokenId);
      const { key, digest } = this.generate();
      const inserted = await transaction.query(
        `INSERT INTO api_token (medic_id, label, is_login, digest, expires_at)
         SELECT medic_id, label, is_login, $2, expires_at FROM api_token WHERE id = $1 AND ${LIVE} RETURNING id`,
        [tokenId, digest],
      );
      if (inserted.length === 0) throw new InvalidToken();
      await transaction.commitWith(() =>
        transaction.query(
          'UPDATE api_token SET expires_at = LEAST(expires_at, now() + make_interval(secs => $2)) WHERE id = $1',
          [tokenId, grace],
        ),
      );
      return key;
    });
  }

  /** @returns the id of a key that exists */
  async idOf(key: string): Promise<number> {
    return (await this.dataSource.manager.findOneByOrFail(ApiToken, { digest: digestOf(key) })).id;
  }

  /** @returns the medic's tokens by id, without their keys */
  list(medicId: number): Promise<TokenSummary[]> {
    return inTransaction(this.dataSource, (transaction) =>
      transaction.query<TokenSummary>(
        `SELECT id, label, created_at, expires_at, revoked_at, last_used_at
         FROM api_token WHERE medic_id = $1 ORDER BY id`,
        [medicId],
      ),
    );
  }

  /**
   * Revokes one live token of a medic, or all of them if `id` is absent.
   * @returns how many were revoked
   */
  revoke(medicId: number, id: number | undefined): Promise<number> {
    return this.revokeThose(medicId, id === undefined ? {} : { id });
  }

  /** Revokes every live token of a medic but one. @returns how many were revoked */
  revokeOthers(medicId: number, id: number): Promise<number> {
    return this.revokeThose(medicId, { id: Not(id) });
  }

  private revokeThose(medicId: number, which: object): Promise<number> {
    return inTransaction(this.dataSource, async (transaction) => {
      await lockMedic(transaction, medicId);
      const live = { medicId, revokedAt: IsNull(), ...which };
      const { affected } = await transaction.manager.update(ApiToken, live, { revokedAt: () => 'now()' });
      return affected ?? 0;
    });
  }

  private async requireRoom(transaction: Transaction, medicId: number, instead: number | null): Promise<void> {
    const [, tokens] = await Promise.all([
      lockMedic(transaction, medicId),
      transaction.query<{ count: number }>(
        `SELECT count(*)::integer AS count FROM api_token WHERE medic_id = $1 AND id IS DISTINCT FROM $2 AND ${LIVE}`,
        [medicId, instead],
      ),
    ]);
    if (rowOf(tokens).count >= MAX_LIVE_TOKENS) throw new TooManyTokens();
  }

  /** A key that has just been issued is worth a look-up, even from an address that sends bad ones. */
  private generate(): { key: string; digest: Buffer } {
    const key = generateKey();
    const digest = digestOf(key);
    this.recent.note(digest);
    return { key, digest };
  }
}

/** So that the keys of one medic are counted, issued and revoked one after another. */
async function lockMedic(transaction: Transaction, medicId: number): Promise<void> {
  await transaction.query('SELECT FROM medic WHERE id = $1 FOR NO KEY UPDATE', [medicId]);
}
