import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { keyOf } from '../common/authorization.js';
import { Reads } from '../database/reads.js';
import type { RightLookup } from './access.decorator.js';
import { InvalidToken } from './auth.errors.js';
import type { CurrentMedic } from './current-medic.decorator.js';
import { digestOf, isWellFormedKey } from './token-key.js';
import { LIVE } from './tokens.service.js';

const FROM_KEY = 'FROM api_token t JOIN medic caller ON caller.id = t.medic_id';
const WHERE_KEY = `WHERE t.digest = $1 AND ${LIVE} AND caller.is_active`;

/** What the statement answers, beside the columns of the lookup. */
interface CallerRow {
  readonly callerId: number;
  readonly tokenId: number;
  readonly position?: string;
}

/** Tells whose key a request carries. */
@Injectable()
export class CallersReader {
  private readonly texts = new Map<RightLookup | undefined, string>();

  constructor(private readonly reads: Reads) {}

  /**
   * @param lookup what else is to be known of the caller; its row is found with `foundFor`
   * @returns the medic whose live key the `Authorization` header of the request carries
   * @throws InvalidToken for every other header (section 2), without saying which reason it is
   */
  async get(request: FastifyRequest, lookup: RightLookup | undefined): Promise<CurrentMedic> {
    const key = keyOf(request.headers.authorization);
    if (key === undefined || !isWellFormedKey(key)) throw new InvalidToken();
    const digest = digestOf(key);
    const values = lookup === undefined ? [digest] : [digest, lookup.idOf(request)];
    const [row] = await this.reads.query<CallerRow>(this.textWith(lookup), values);
    if (row === undefined) throw new InvalidToken();
    const { callerId: id, tokenId, position } = row;
    return { id, tokenId, found: row, ...(position === undefined ? {} : { position }) };
  }

  /** @returns SQL for the medic whose live key has the digest $1, with what the lookup finds or null beside it */
  private textWith(lookup: RightLookup | undefined): string {
    let text = this.texts.get(lookup);
    if (text === undefined) {
      const found = lookup === undefined ? '' : `LEFT JOIN LATERAL (${lookup.sql}) found ON true`;
      // Not the position that has been written: with `synchronous_commit = off` what was acknowledged may be beyond it.
      const position = this.reads.hasReplicas ? ', pg_current_wal_insert_lsn()::text AS position' : '';
      const columns = `${lookup === undefined ? '' : 'found.*, '}caller.id AS "callerId", t.id AS "tokenId"${position}`;
      text = `SELECT ${columns} ${FROM_KEY} ${found} ${WHERE_KEY}`;
      this.texts.set(lookup, text);
    }
    return text;
  }
}
