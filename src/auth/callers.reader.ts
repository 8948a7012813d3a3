import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Reads } from '../database/reads.js';
import type { RightLookup } from './access.decorator.js';
import { InvalidToken } from './auth.errors.js';
import type { CurrentMedic } from './current-medic.decorator.js';
import { keyDigestOf } from './key-digest.js';
import type { ListLookup } from './read-ahead.decorator.js';
import { LIVE } from './tokens.service.js';

const FROM_KEY = 'FROM api_token t JOIN medic caller ON caller.id = t.medic_id';
const WHERE_KEY = `WHERE t.digest = $1 AND ${LIVE} AND caller.is_active`;

/** What a route has to know of its caller, and the statements that find it. */
export interface CallerQuery {
  readonly right: RightLookup | undefined;
  /** Finds the medic whose live key has the digest $1, with what `right` finds, or nulls, beside it. */
  readonly text: string;
  /** A list that is read ahead, and the same with its rows, or one of nulls, beside it. */
  readonly ahead: { readonly list: ListLookup; readonly text: string } | null;
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
    // A list is a matter of replicas, where there are any.
    const ahead = list === undefined || this.reads.hasReplicas ? null : { list, text: this.textOf(right, list) };
    return { right, text: this.textOf(right, undefined), ahead };
  }

  /**
   * @returns the medic whose live key the `Authorization` header of the request carries
   * @throws InvalidToken for every other header (section 2), without saying which reason it is
   */
  async get(request: FastifyRequest, query: CallerQuery): Promise<CurrentMedic> {
    const digest = keyDigestOf(request);
    if (digest === null) throw new InvalidToken();
    const values = query.right === undefined ? [digest] : [digest, query.right.idOf(request)];
    const ahead = query.ahead !== null && hasNoParameters(request) ? query.ahead : null;
    const on = ahead === null ? this.reads : this.reads.lists;
    const rows = await on.query<CallerRow>((ahead ?? query).text, values);
    const [row] = rows;
    if (row === undefined) throw new InvalidToken();
    const { callerId: id, tokenId, position } = row;
    return {
      id,
      tokenId,
      found: row,
      ...(position === undefined ? {} : { position }),
      ...(ahead === null ? {} : { readAhead: { list: ahead.list, rows } }),
    };
  }

  private textOf(right: RightLookup | undefined, list: ListLookup | undefined): string {
    // Not the position that has been written: with `synchronous_commit = off` what was acknowledged may be beyond it.
    const position = this.reads.hasReplicas ? ', pg_current_wal_insert_lsn()::text AS position' : '';
    const found = right === undefined ? [] : [{ name: 'found', sql: right.sql }];
    const parts = list === undefined ? found : [...found, { name: 'list', sql: list.sql }];
    const columns = parts.map(({ name }) => `${name}.*, `).join('');
    const joins = parts.map(({ name, sql }) => `LEFT JOIN LATERAL (${sql}) ${name} ON true`).join(' ');
    const order = list === undefined ? '' : `ORDER BY ${list.orderBy}`;
    return `SELECT ${columns}caller.id AS "callerId", t.id AS "tokenId"${position} ${FROM_KEY} ${joins} ${WHERE_KEY} ${order}`;
  }
}

function hasNoParameters({ query }: FastifyRequest): boolean {
  return Object.keys(query as object).length === 0;
}
