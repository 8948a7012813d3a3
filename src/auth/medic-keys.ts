import { Injectable } from '@nestjs/common';
import { Reads } from '../database/reads.js';
import { liveCaller } from './callers.reader.js';

/** The live key of a medic, as a service account learns it. */
export interface MedicKey {
  readonly medicId: number;
  /** The root of the medic's tree of accounts. */
  readonly rootId: number;
  /** When the key was issued, in seconds since 1970, rounded down. */
  readonly issuedAt: number;
  /** From when on the key is invalid, in seconds since 1970, rounded down; null if it never expires. */
  readonly expiresAt: number | null;
}

const SECONDS = (instant: string) => `floor(extract(epoch FROM ${instant}))::bigint`;

const BY_DIGEST = `SELECT caller.id AS "medicId", caller.root_id AS "rootId", ${SECONDS('t.created_at')} AS "issuedAt",
  ${SECONDS('t.expires_at')} AS "expiresAt" ${liveCaller('(SELECT k.id FROM api_token k WHERE k.digest = $1)')}`;

/** Looks up medics' keys without using them: neither their last use nor any limit changes. */
@Injectable()
export class MedicKeys {
  constructor(private readonly reads: Reads) {}

  /** @returns the key with this SHA-256 and its medic, if both are live; otherwise null */
  async find(digest: Buffer): Promise<MedicKey | null> {
    const [key] = await this.reads.query<MedicKey>(BY_DIGEST, [digest]);
    return key ?? null;
  }
}
