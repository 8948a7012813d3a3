import { Injectable } from '@nestjs/common';
import { DataSource, IsNull, Not } from 'typeorm';
import { actorOf, medicWithoutToken, type Actor } from '../database/actor.js';
import { standAloneReads } from '../database/pool.js';
import { rowOf } from '../database/statements.js';
import { inTransaction, type Transaction } from '../database/transaction.js';
import { lockActiveAccount } from './active-account.js';
import { ApiToken } from './api-token.entity.js';
import { InvalidToken, MAX_LIVE_TOKENS, TooManyTokens, WrongCredentials } from './auth.errors.js';
import type { CurrentMedic } from './current-medic.decorator.js';
import { RecentKeys } from './recent-keys.js';
import { digestOf, generateKey } from './token-key.js';

/**
 * The clock of keys: a statement that follows a lock reads it after the lock. `now()` is the clock of BEGIN, by which a
 * key would still be live that the last holder of the lock has ended.
 */
const NOW = 'statement_timestamp()';

/** SQL condition for a live key: neither revoked nor expired. The account may still be inactive. */
export const LIVE = `(revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ${NOW}))`;

/** A token without its key or digest. */
export interface TokenSummary {
  readonly id: number;
  readonly label: string;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
  readonly last_used_at: string | null;
}

/** The settings of a new key. */
export interface NewKey {
  /** Free text by which the medic or the operator recognizes the key. */
  readonly label: string;
  /** The key is invalid from this time on, as PostgreSQL parses it; absent if it never expires. */
  readonly expiresAt?: string | undefined;
}

/** Issues, rotates, lists and revokes keys. */
@Injectable()
export class TokensService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly recent: RecentKeys = new RecentKeys(),
  ) {}

  /**
   * Issues a key for a medic, without checking the number of live keys.
   * @returns the key, which cannot be read again
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
   * Issues a key for a medic who may already have some.
   * @param actor who issues the key
   * @returns the key, which cannot be read again
   * @throws TooManyTokens the medic has the maximum number of live keys
   */
  issueFurther(actor: Actor, medicId: number, newKey: NewKey): Promise<string> {
    return inTransaction(this.dataSource, actor, async (transaction) => {
      await Promise.all([lockMedic(transaction, medicId), this.requireCapacity(transaction, medicId, null)]);
      return transaction.commitWith(() => this.issue(transaction, medicId, newKey));
    });
  }

  /**
   * Issues a key for a log-in. At the limit it revokes the oldest log-in key, so that earlier log-ins cannot lock out
   * somebody who knows the password.
   * @param passwordHash that the password of the log-in was compared with, which took a while
   * @param requestId of the log-in
   * @param lifetime in seconds
   * @throws WrongCredentials meanwhile the password was replaced, or the account closed
   * @throws TooManyTokens the medic has the maximum number of live keys, and none was issued by a log-in
   */
  issueForLogin(medicId: number, passwordHash: string, requestId: string, lifetime: number): Promise<string> {
    return inTransaction(this.dataSource, medicWithoutToken(medicId, requestId), async (transaction) => {
      const [locked, counts] = await Promise.all([
        transaction.query('SELECT FROM medic WHERE id = $1 AND is_active AND password_hash = $2 FOR NO KEY UPDATE', [
          medicId,
          passwordHash,
        ]),
        transaction.query<{ count: number }>(
          `WITH live AS MATERIALIZED (SELECT id, is_login FROM api_token WHERE medic_id = $1 AND ${LIVE}),
             replaced AS (
               UPDATE api_token SET revoked_at = ${NOW} WHERE id IN (
                 SELECT id FROM live WHERE is_login ORDER BY id
                 LIMIT GREATEST((SELECT count(*) FROM live) - $2 + 1, 0)) RETURNING id)
           SELECT ((SELECT count(*) FROM live) - (SELECT count(*) FROM replaced))::integer AS count`,
          [medicId, MAX_LIVE_TOKENS],
        ),
      ]);
      if (locked.length === 0) throw new WrongCredentials();
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
   * Replaces the key of the request by a new one with the same label and expiry.
   * @param grace how long the old key stays valid, in seconds
   * @throws InvalidToken the old key was revoked, or the account closed, after the key was checked
   * @throws TooManyTokens the medic has the maximum number of live keys; without grace the old one does not count
   */
  rotate(caller: CurrentMedic, grace: number): Promise<string> {
    const { id: medicId, tokenId } = caller;
    return inTransaction(this.dataSource, actorOf(caller), async (transaction) => {
      await Promise.all([
        lockActiveAccount(transaction, medicId),
        this.requireCapacity(transaction, medicId, grace > 0 ? null : tokenId),
      ]);
      const { key, digest } = this.generate();
      const inserted = await transaction.query(
        `INSERT INTO api_token (medic_id, label, is_login, digest, expires_at)
         SELECT medic_id, label, is_login, $2, expires_at FROM api_token WHERE id = $1 AND ${LIVE} RETURNING id`,
        [tokenId, digest],
      );
      if (inserted.length === 0) throw new InvalidToken();
      await transaction.commitWith(() =>
        transaction.query(
          `UPDATE api_token SET expires_at = LEAST(expires_at, ${NOW} + make_interval(secs => $2)) WHERE id = $1`,
          [tokenId, grace],
        ),
      );
      return key;
    });
  }

  /**
   * @param key must exist
   * @returns the id of its token
   */
  async idOf(key: string): Promise<number> {
    return (await this.dataSource.manager.findOneByOrFail(ApiToken, { digest: digestOf(key) })).id;
  }

  /** @returns the tokens of the medic, ordered by id */
  list(medicId: number): Promise<TokenSummary[]> {
    return standAloneReads(this.dataSource).query<TokenSummary>(
      `SELECT id, label, created_at, expires_at, revoked_at, last_used_at
       FROM api_token WHERE medic_id = $1 ORDER BY id`,
      [medicId],
    );
  }

  /**
   * Revokes one token of a medic, or all of them if `id` is absent.
   * @param actor who revokes them
   * @returns the number of tokens revoked by this call
   */
  revoke(actor: Actor, medicId: number, id: number | undefined): Promise<number> {
    return this.revokeWhere(lockMedic, actor, medicId, id === undefined ? {} : { id });
  }

  /**
   * Revokes the token of the request.
   * @throws InvalidToken the caller's account was closed after the key was checked
   */
  async revokeCurrent(caller: CurrentMedic): Promise<void> {
    await this.revokeWhere(lockActiveAccount, actorOf(caller), caller.id, { id: caller.tokenId });
  }

  /**
   * Revokes every other token of the caller.
   * @throws InvalidToken the caller's account was closed after the key was checked
   */
  async revokeOthers(caller: CurrentMedic): Promise<void> {
    await this.revokeWhere(lockActiveAccount, actorOf(caller), caller.id, { id: Not(caller.tokenId) });
  }

  private revokeWhere(lock: typeof lockMedic, actor: Actor, medicId: number, filter: object): Promise<number> {
    return inTransaction(this.dataSource, actor, async (transaction) => {
      await lock(transaction, medicId);
      const live = { medicId, revokedAt: IsNull(), ...filter };
      const { affected } = await transaction.manager.update(ApiToken, live, { revokedAt: () => 'now()' });
      return affected ?? 0;
    });
  }

  /** Follows the lock of the medic. */
  private async requireCapacity(transaction: Transaction, medicId: number, replacedId: number | null): Promise<void> {
    const tokens = await transaction.query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM api_token WHERE medic_id = $1 AND id IS DISTINCT FROM $2 AND ${LIVE}`,
      [medicId, replacedId],
    );
    if (rowOf(tokens).count >= MAX_LIVE_TOKENS) throw new TooManyTokens();
  }

  /**
   * Records the key as recently valid, so that it is looked up even if its first request comes from an address with
   * many failures.
   */
  private generate(): { key: string; digest: Buffer } {
    const key = generateKey();
    const digest = digestOf(key);
    this.recent.note(digest);
    return { key, digest };
  }
}

/** Serializes issuing and revoking the keys of one medic. */
async function lockMedic(transaction: Transaction, medicId: number): Promise<void> {
  await transaction.query('SELECT FROM medic WHERE id = $1 FOR NO KEY UPDATE', [medicId]);
}
