import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { keyOf } from '../common/authorization.js';
import { Reads } from '../database/reads.js';
import type { RightLookup } from './access.decorator.js';
import { InvalidToken } from './auth.errors.js';
import type { CurrentMedic } from './current-medic.decorator.js';
import { digestOf, isWellFormedKey } from './token-key.js';
import { LIVE } from './tokens.service.js';

const FROM_KEY = 'FROM api_token t JOIN medic m ON m.id = t.medic_id';
const WHERE_KEY = `WHERE t.digest = $1 AND ${LIVE} AND m.is_active`;

/** The medic whose live key has the digest $1. */
const CALLER = `SELECT m.id, t.id AS "tokenId" ${FROM_KEY} ${WHERE_KEY}`;

const callersWith = new Map<RightLookup, string>();

/** @returns {@link CALLER} with the columns of a lookup beside it, null where it finds nothing */
function callerWith(lookup: RightLookup): string {
  let text = callersWith.get(lookup);
  if (text === undefined) {
    text = `SELECT found.*, m.id, t.id AS "tokenId" ${FROM_KEY} LEFT JOIN LATERAL (${lookup.sql}) found ON true ${WHERE_KEY}`;
    callersWith.set(lookup, text);
  }
  return text;
}

/** Tells whose key a request carries. */
@Injectable()
export class CallersReader {
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
    const [medic] =
      lookup === undefined
        ? await this.reads.query<CurrentMedic>(CALLER, [digest])
        : await this.reads.query<CurrentMedic>(callerWith(lookup), [digest, lookup.idOf(request)]);
    if (medic === undefined) throw new InvalidToken();
    return medic;
  }
}
