import type { ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ON_PRIMARY } from '../database/standby.js';
import type { Statements } from '../database/statements.js';
import type { CurrentMedic } from './current-medic.decorator.js';
import type { CurrentService } from './current-service.decorator.js';
import type { Scope } from './scope.js';

/** A controller method that handles a route. */
export type Handler = ReturnType<ExecutionContext['getHandler']>;

/** Finds the caller of a request. */
export interface CallerFinder {
  /**
   * @param digest of the key
   * @returns the medic of the live key with this digest, or null if there is none
   */
  find(digest: Buffer, request: FastifyRequest): Promise<CurrentMedic | null>;
}

/** Finds the service account of a request. */
export interface ServiceFinder {
  /**
   * @param digest of the key
   * @returns the account of the live key with this digest, or null if there is none; undefined if the request has
   *   nothing to read together with the key. Without the scope of the route, it reads the account alone.
   */
  find(digest: Buffer, request: FastifyRequest): Promise<CurrentService | null> | undefined;
}

/**
 * Reads the rows that a route needs in the statement that looks up the key. Optional: without it, that statement reads
 * the key alone, and each guard and reader runs a statement of its own.
 */
export abstract class Prefetches {
  /** @returns what finds the callers of a route, or undefined if the route prefetches nothing */
  abstract finderOf(handler: Handler): CallerFinder | undefined;

  /** @returns the same for a route that requires `scope`. Call it once for each route: it prepares statements. */
  abstract serviceFinderOf(handler: Handler, scope: Scope): ServiceFinder | undefined;
}

/** SQL for the id of the caller in a statement that may be prefetched. */
export const CALLER = 'caller.id';

/** SQL for the id that the request names, in such a statement. */
export const SUBJECT = '$2::integer';

/** Rows that may be prefetched. Their reader asks for them here first, and reads them itself if it gets null. */
export class Prefetchable<Row extends object> {
  /** A column that is null only if there is no row: prefetched rows come from an outer join. */
  readonly notNull: string;

  constructor(notNull: keyof Row & string) {
    this.notNull = notNull;
  }

  /**
   * @param id that the rows are about; null if they are about the caller alone
   * @returns all rows, or null if they were not read together with the caller's key
   */
  prefetchedFor({ prefetched }: CurrentMedic, id: number | null = null): readonly Row[] | null {
    const found = prefetched?.find(({ of, subject }) => of === this && subject === id);
    return found === undefined ? null : (found.rows as readonly Row[]);
  }
}

/** One row about the caller and an id that the request names. */
export class PrefetchableRow<Row extends object> extends Prefetchable<Row> {
  private readonly text: string;

  /**
   * @param sql a SELECT of at most one row, for the caller's id {@link CALLER} and the id {@link SUBJECT}
   * @param notNull a column that is null only if there is no row
   */
  constructor(
    readonly sql: string,
    notNull: keyof Row & string,
  ) {
    super(notNull);
    this.text = `SELECT found.* FROM (SELECT $1::integer AS id) caller CROSS JOIN LATERAL (${sql}) found
      WHERE ${ON_PRIMARY}`;
  }

  /**
   * @param reads runs the statement if the row was not prefetched
   * @param id null if the request names none that can exist
   */
  async find(reads: Statements, caller: CurrentMedic, id: number | null): Promise<Row | null> {
    const rows = this.prefetchedFor(caller, id);
    if (rows !== null) return rows[0] ?? null;
    if (id === null) return null;
    const [row] = await reads.query<Row>(this.text, [caller.id, id]);
    return row ?? null;
  }
}
