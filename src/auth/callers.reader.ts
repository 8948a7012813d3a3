import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { keyOf } from '../common/authorization.js';
import { Reads } from '../database/reads.js';
import type { RightLookup } from './access.decorator.js';
import { InvalidToken } from './auth.errors.js';
import type { CurrentMedic } from './current-medic.decorator.js';
import type { ListLookup } from './read-ahead.decorator.js';
import { digestOf, isWellFormedKey } from './token-key.js';
import { LIVE } from './tokens.service.js';

const FROM_KEY = 'FROM api_token t JOIN medic caller ON caller.id = t.medic_id';
const WHERE_KEY = `WHERE t.digest = $1 AND ${LIVE} AND caller.is_active`;

/** What a route has to know of its caller, and the statements that find it. */
export interface CallerQuery {
  readonly right: RightLookup | undefined;
  readonly list: ListLookup | undefined;
  /** Finds the medic whose live key has the digest $1, with what `right` finds, or nulls, beside it. */
  readonly text: string;
  /** The same, with the rows of `list`, or one of nulls; absent where the list is not read ahead. */
  readonly textAhead: string | undefined;
}

/** What the statements answer, beside the columns of the lookups. */
interface CallerRow {
  readonly callerId: number;
  readonly tokenId: number;
  readonly position?: string;
}

/** Tells whose key a request carries. */
@Injectable()
export class CallersReader {
  constructor(private readonly reads: Reads) {}

  /**
   * @param right what else is to be known of the caller; its row is found with `foundFor`
   * @param list what is to be read of it at once; its rows are found with `readAheadFor`
   * @returns what {@link get} asks for each request of a route
   */
  prepare(right?: RightLookup, list?: ListLookup): CallerQuery {
    const text = this.textOf(right, undefined);
    // A list is a matter of replicas, where there are any.
    const isAhead = list !== undefined && !this.reads.hasReplicas;
    return { right, list, text, textAhead: isAhead ? this.textOf(right, list) : undefined };
  }

  /**
   * @returns the medic whose live key the `Authorization` header of the request carries
   * @throws InvalidToken for every other header (section 2), without saying which reason it is
   */
  async get(request: FastifyRequest, { right, list, text, textAhead }: CallerQuery): Promise<CurrentMedic> {
    const key = keyOf(request.headers.authorization);
    if (key === undefined || !isWellFormedKey(key)) throw new InvalidToken();
    const digest = digestOf(key);
    const values = right === undefined ? [digest] : [digest, right.idOf(request)];
    const isAhead = list !== undefined && textAhead !== undefined && hasNoParameters(request);
    const rows = isAhead
      ? await this.reads.lists.query<CallerRow>(textAhead, values)
      : await this.reads.query<CallerRow>(text, values);
    const [row] = rows;
    if (row === undefined) throw new InvalidToken();
    const { callerId: id, tokenId, position } = row;
    return {
      id,
      tokenId,
      found: row,
      ...(position === undefined ? {} : { position }),
      ...(isAhead ? { readAhead: { list, rows } } : {}),
    };
  }

  private textOf(right: RightLookup | undefined, list: ListLookup | undefined): string {
    // Not the position that has been written: with `synchronous_commit = off` what was acknowledged may be beyond it.
    const position = this.reads.hasReplicas ? ', pg_current_wal_insert_lsn()::text AS position' : '';
    const parts = Object.entries({ found: right, list }).filter(([, lookup]) => lookup !== undefined);
    const columns = parts.map(([name]) => `${name}.*, `).join('');
    const joins = parts.map(([name, lookup]) => `LEFT JOIN LATERAL (${lookup?.sql ?? ''}) ${name} ON true`).join(' ');
    const order = list === undefined ? '' : `ORDER BY ${list.orderBy}`;
    return `SELECT ${columns}caller.id AS "callerId", t.id AS "tokenId"${position} ${FROM_KEY} ${joins} ${WHERE_KEY} ${order}`;
  }
}

function hasNoParameters({ query }: FastifyRequest): boolean {
  return Object.keys(query as object).length === 0;
}
