import { Injectable } from '@nestjs/common';
import { DataSource, EntityManager } from 'typeorm';
import { ApiToken } from './api-token.entity.js';
import { InvalidToken } from './auth.errors.js';
import type { CurrentMedic } from './current-medic.decorator.js';
import { digestOf, generateKey, isWellFormedKey } from './token-key.js';

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
