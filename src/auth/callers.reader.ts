import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Reads } from '../database/reads.js';
import { POSITION } from '../database/replica.js';
import { ON_PRIMARY } from '../database/standby.js';
import type { CurrentMedic, PrefetchedRows } from './current-medic.decorator.js';
import type { CallerFinder } from './prefetch.js';
import { LIVE } from './tokens.service.js';

const KEY_AND_CALLER = 'FROM api_token t JOIN medic caller ON caller.id = t.medic_id';
const IS_LIVE = `${LIVE} AND caller.is_active`;

/** @param keyId SQL for the id of a key. @returns SQL that finds the key `t` and its medic `caller` if both are live */
export const liveCaller = (keyId: string) => `${KEY_AND_CALLER} WHERE t.id = ${keyId} AND ${ON_PRIMARY} AND ${IS_LIVE}`;

/**
 * @param joins SQL for other tables that the statement reads
 * @returns SQL that finds the live key `t` with the digest `$1` and its live medic `caller`
 */
export const callerOfKey = (joins = '') =>
  `${KEY_AND_CALLER} ${joins} WHERE t.digest = $1 AND ${ON_PRIMARY} AND ${IS_LIVE}`;

/** A row of {@link callerColumns}. */
export interface CallerRow {
  readonly callerId: number;
  readonly rootId: number;
  readonly tokenId: number;
  readonly position?: string;
}

/** @returns the select list of a {@link CallerRow}; with replicas, it includes the position that they must reach */
export function callerColumns({ hasReplicas }: Reads): string {
  const position = hasReplicas ? `, ${POSITION} AS position` : '';
  return `caller.id AS "callerId", caller.root_id AS "rootId", t.id AS "tokenId"${position}`;
}

/**
 * @param request carries the key
 * @param prefetched rows that the same statement has read
 */
export function toCurrentMedic(
  { id: requestId }: FastifyRequest,
  row: CallerRow,
  prefetched: readonly PrefetchedRows[] = [],
): CurrentMedic {
  const { callerId: id, rootId, tokenId, position } = row;
  return { id, rootId, tokenId, requestId, prefetched, ...(position === undefined ? {} : { position }) };
}

/** Looks up keys. */
@Injectable()
export class CallersReader implements CallerFinder {
  private readonly text: string;

  constructor(private readonly reads: Reads) {
    this.text = `SELECT ${callerColumns(reads)} ${callerOfKey()}`;
  }

  async find(digest: Buffer, request: FastifyRequest): Promise<CurrentMedic | null> {
    const [row] = await this.reads.query<CallerRow>(this.text, [digest]);
    return row === undefined ? null : toCurrentMedic(request, row);
  }
}
