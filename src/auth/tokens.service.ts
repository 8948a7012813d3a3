import { Injectable } from '@nestjs/common';
import { DataSource, EntityManager, IsNull } from 'typeorm';
import { keyOf } from '../common/authorization.js';
import { instant } from '../common/timestamps.js';
import { inTransaction } from '../database/transaction.js';
import { ApiToken } from './api-token.entity.js';
import { InvalidToken, MAX_LIVE_TOKENS, TooManyTokens } from './auth.errors.js';
import type { CurrentMedic } from './current-medic.decorator.js';
import { digestOf, generateKey, isWellFormedKey } from './token-key.js';

/** SQL for a key that works, as far as the key is concerned. */
const LIVE = '(revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()))';

/** What may be told of a token. */
export interface TokenSummary {
  readonly id: number;
  readonly label: string;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
  readonly last_used_at: string | null;
}

/** Issues keys and tells whose key it is. */
@Injectable()
export class TokensService {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Stores a new key for a medic.
   * @param label what the medic or the operator knows the key by
   * @param expiresAt the first instant at which it no longer works; null for never
   * @returns the key itself, which cannot be had again
   */
  async issue(manager: EntityManager, medicId: number, label: string, expiresAt: Date | null = null): Promise<string> {
    const key = generateKey();
    await manager.insert(ApiToken, { medicId, label, digest: digestOf(key), expiresAt });
    return key;
  }

  /**
   * As {@link issue}, for a medic who may have keys already.
   * @throws TooManyTokens the medic has the most that may work at a time
   */
  issueFurther(medicId: number, label: string, expiresAt: Date | null): Promise<string> {
    return inTransaction(this.dataSource, async (manager) => {
      await this.requireRoom(manager, medicId, null);
      return this.issue(manager, medicId, label, expiresAt);
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
    return inTransaction(this.dataSource, async (manager) => {
      await this.requireRoom(manager, medicId, tokenId);
      const key = generateKey();
      const inserted = await manager.query<unknown[]>(
        `INSERT INTO api_token (medic_id, label, digest, expires_at)
         SELECT medic_id, label, $2, expires_at FROM api_token WHERE id = $1 AND ${LIVE} RETURNING id`,
        [tokenId, digestOf(key)],
      );
      if (inserted.length === 0) throw new InvalidToken();
      await manager.query(
        'UPDATE api_token SET expires_at = LEAST(expires_at, now() + make_interval(secs => $2)) WHERE id = $1',
        [tokenId, grace],
      );
      return key;
    });
  }

  /** @returns the medic's tokens by id, without their keys */
  list(medicId: number): Promise<TokenSummary[]> {
    return this.dataSource.query<TokenSummary[]>(
      `SELECT id, label, ${instant('created_at')} AS created_at, ${instant('expires_at')} AS expires_at,
         ${instant('revoked_at')} AS revoked_at, ${instant('last_used_at')} AS last_used_at FROM api_token WHERE medic_id = $1 ORDER BY id`,
      [medicId],
    );
  }

  /**
   * Revokes one live token of a medic, or all of them where `id` is absent.
   * @returns how many were revoked
   */
  revoke(medicId: number, id: number | undefined): Promise<number> {
    const which = { medicId, revokedAt: IsNull(), ...(id === undefined ? {} : { id }) };
    return inTransaction(this.dataSource, async (manager) => {
      await lockMedic(manager, medicId);
      const { affected } = await manager.update(ApiToken, which, { revokedAt: () => 'now()' });
      return affected ?? 0;
    });
  }

  /**
   * @param authorization the `Authorization` header of a request
   * @returns the medic whose live key it carries
   * @throws InvalidToken for every other header (section 2), without saying which reason it is
   */
  async authenticate(authorization: string | undefined): Promise<CurrentMedic> {
    const key = keyOf(authorization);
    if (key === undefined || !isWellFormedKey(key)) throw new InvalidToken();
    const [medic] = await this.dataSource.query<CurrentMedic[]>(
      `SELECT m.id, t.id AS "tokenId" FROM api_token t JOIN medic m ON m.id = t.medic_id
       WHERE t.digest = $1 AND ${LIVE} AND m.is_active`,
      [digestOf(key)],
    );
    if (medic === undefined) throw new InvalidToken();
    return medic;
  }

  private async requireRoom(manager: EntityManager, medicId: number, instead: number | null): Promise<void> {
    await lockMedic(manager, medicId);
    const [{ count }] = await manager.query<[{ count: number }]>(
      `SELECT count(*)::integer AS count FROM api_token WHERE medic_id = $1 AND id IS DISTINCT FROM $2 AND ${LIVE}`,
      [medicId, instead],
    );
    if (count >= MAX_LIVE_TOKENS) throw new TooManyTokens();
  }
}

/** So that the keys of one medic are counted, issued and revoked one after another. */
async function lockMedic(manager: EntityManager, medicId: number): Promise<void> {
  await manager.query('SELECT FROM medic WHERE id = $1 FOR NO KEY UPDATE', [medicId]);
}
