import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Reads } from '../database/reads.js';
import { POSITION } from '../database/replica.js';
import { ON_PRIMARY } from '../database/standby.js';
import type { CallerLookup } from './authenticated.decorator.js';
import { InvalidToken } from './auth.errors.js';
import type { CurrentMedic } from './current-medic.decorator.js';
import { keyDigestOf } from './key-digest.js';
import type { ListLookup } from './prefetch.decorator.js';
import { LIVE } from './tokens.service.js';

const FROM_KEY = 'FROM api_token t JOIN medic caller ON caller.id = t.medic_id';
const WHERE_KEY = `WHERE t.digest = $1 AND ${ON_PRIMARY} AND`;
/** A key `t` that works now, and its medic `caller`. */
const IS_LIVE = `${LIVE} AND caller.is_active`;

/** @param keyId SQL for the id of a key. @returns SQL that finds it, and its medic `caller`, while both are live */
export const liveCaller = (keyId: string) => `${FROM_KEY} WHERE t.id = ${keyId} AND ${ON_PRIMARY} AND ${IS_LIVE}`;

/** The caller data that a route needs, and the statements that read it. */
export interface CallerQuery {
  readonly lookup: CallerLookup | undefined;
  /** Finds the medic whose live key has the digest $1, with what `lookup` finds, or nulls. */
  readonly text: string;
  /** A list that is prefetched, and what finds its rows, or one of nulls, with a {@link CallerJson} in each. */
  readonly prefetch: { readonly list: ListLookup; readonly text: string } | null;
}

/** The caller of a request; the columns of the CallerLookup come in the same row. */
interface CallerRow {
  readonly callerId: number;
  readonly rootId: number;
  readonly tokenId: number;
  readonly position?: string;
}

/** Caller data as one JSON column, because pg parses every column of every row of a list. */
interface CallerJson {
  /** The JSON of a {@link CallerRow}. */
  readonly known: string;
}

/** Tells whose key a request carries. */
@Injectable()
export class CallersReader {
  constructor(private readonly reads: Reads) {}

  /**
   * @param lookup what else the route needs to know about the caller; `foundFor` returns it
   * @param list what is to be read of it at once; its rows are found with `prefetchedFor`
   * @returns the query that {@link get} runs for each request of a route
   */
  prepare(lookup?: CallerLookup, list?: ListLookup): CallerQuery {
    // A list is a matter of replicas, where there are any.
    const prefetch = list === undefined || this.reads.hasReplicas ? null : { list, text: this.textOf(lookup, list) };
    return { lookup, text: this.textOf(lookup, undefined), prefetch };
  }

  /**
   * @returns the medic whose live key the `Authorization` header of the request carries
   * @throws InvalidToken for every other header (section 2), without saying which reason it is
   */
  async get(request: FastifyRequest, query: CallerQuery): Promise<CurrentMedic> {
    const digest = keyDigestOf(request);
    if (digest === null) throw new InvalidToken();
    const values = query.lookup === undefined ? [digest] : [digest, query.lookup.idOf(request)];
    const prefetch = query.prefetch !== null && hasNoParameters(request) ? query.prefetch : null;
    if (prefetch === null) {
      const [known] = await this.reads.query<CallerRow>(query.text, values);
      if (known === undefined) throw new InvalidToken();
      return toCurrentMedic(known);
    }
    const rows = await this.reads.query<CallerJson>(prefetch.text, values);
    const [first] = rows;
    if (first === undefined) throw new InvalidToken();
    return { ...toCurrentMedic(JSON.parse(first.known) as CallerRow), prefetched: { list: prefetch.list, rows } };
  }

  private textOf(lookup: CallerLookup | undefined, list: ListLookup | undefined): string {
    const position = this.reads.hasReplicas ? `, ${POSITION} AS position` : '';
    const [found, join] =
      lookup === undefined ? ['', ''] : ['found.*, ', `LEFT JOIN LATERAL (${lookup.sql}) found ON true`];
    const columns = `${found}caller.id AS "callerId", caller.root_id AS "rootId", t.id AS "tokenId"${position}`;
    if (list === undefined) return `SELECT ${columns} ${FROM_KEY} ${join} ${WHERE_KEY} ${IS_LIVE}`;
    // OFFSET has what is known put into JSON once, not for each row.
    return `SELECT list.*, caller.known FROM (
        SELECT caller.id, ${found}(SELECT to_json(known)::text FROM (SELECT ${columns}) known) AS known
        ${FROM_KEY} ${join} ${WHERE_KEY} ${IS_LIVE} OFFSET 0) caller
      LEFT JOIN LATERAL (${list.sql}) list ON true ORDER BY ${list.orderBy}`;
  }
}

function toCurrentMedic(known: CallerRow): CurrentMedic {
  const { callerId: id, rootId, tokenId, position } = known;
  return { id, rootId, tokenId, found: known, ...(position === undefined ? {} : { position }) };
}

function hasNoParameters({ query }: FastifyRequest): boolean {
  return Object.keys(query as object).length === 0;
}
