import { Injectable } from '@nestjs/common';
import { DataSource, EntityManager, IsNull } from 'typeorm';
import { instant } from '../common/timestamps.js';
import { ApiToken } from './api-token.entity.js';
import { InvalidToken } from './auth.errors.js';
import type { CurrentMedic } from './current-medic.decorator.js';
import { digestOf, generateKey, isWellFormedKey } from './token-key.js';

/** What may be told of a token. */
export interface TokenSummary {
  readonly id: number;
  readonly label: string;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
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

  /** As {@link issue}, in a transaction of its own. */
  issueOnItsOwn(medicId: number, label: string, expiresAt: Date | null): Promise<string> {
    return this.issue(this.dataSource.manager, medicId, label, expiresAt);
  }

  /** @returns the medic's tokens by id, without their keys */
  list(medicId: number): Promise<TokenSummary[]> {
    return this.dataSource.query<TokenSummary[]>(
      `SELECT id, label, ${instant('created_at')} AS created_at, ${instant('expires_at')} AS expires_at,
         ${instant('revoked_at')} AS revoked_at FROM api_token WHERE medic_id = $1 ORDER BY id`,
      [medicId],
    );
  }

  /**
   * Revokes one live token of a medic, or all of them where `id` is absent.
   * @returns how many were revoked
   */
  async revoke(medicId: number, id: number | undefined): Promise<number> {
    const which = { medicId, revokedAt: IsNull(), ...(id === undefined ? {} : { id }) };
    const { affected } = await this.dataSource.manager.update(ApiToken, which, { revokedAt: () => 'now()' });
    return affected ?? 0;
  }

  /**
   * @param authorization the `Authorization` header of a request
   * @returns the medic whose live key it carries
   * @throws InvalidToken for every other header (section 2), without saying which reason it is
   */
  async authenticate(authorization: string | undefined): Promise<CurrentMedic> {
    const key = /^token +(\S+) *$/i.exec(authorization ?? '')?.[1];
    if (key === undefined || !isWellFormedKey(key)) throw new InvalidToken();
    const [medic] = await this.dataSource.query<CurrentMedic[]>(
      `SELECT m.id FROM api_token t JOIN medic m ON m.id = t.medic_id
       WHERE t.digest = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now())
         AND m.is_active`,
      [digestOf(key)],
    );
    if (medic === undefined) throw new InvalidToken();
    return medic;
  }
}
