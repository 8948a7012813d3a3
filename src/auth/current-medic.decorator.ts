import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Reader } from '../database/reads.js';
import type { ListLookup } from './prefetch.decorator.js';

/** The medic that a request acts for, as its key proved. */
export interface CurrentMedic extends Reader {
  readonly id: number;
  /** The root of the tree of accounts that the medic belongs to: limits count the tree as one. */
  readonly rootId: number;
  /** The id of the key that the request came with. */
  readonly tokenId: number;
  /** The row of the route's CallerLookup; {@link foundFor} tells its fields. */
  readonly found: object;
  /** Rows that were read together with the key; `prefetchedFor` tells their fields. */
  readonly prefetched?: { readonly list: ListLookup; readonly rows: readonly object[] };
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by TokenAuthGuard; null on routes that are public. */
    medic: CurrentMedic | null;
  }
}

/**
 * @returns the medic of the request
 * @throws Error the route is public: a defect
 */
export function currentMedicOf(request: FastifyRequest): CurrentMedic {
  if (request.medic === null) throw new Error('A route without authentication asked for the current medic.');
  return request.medic;
}

/**
 * @returns the row that the route's CallerLookup found; its fields are null if it found none
 * @throws Error the route is public: a defect
 */
export function foundFor<Row extends object>(request: FastifyRequest): { [Field in keyof Row]: Row[Field] | null } {
  return currentMedicOf(request).found as { [Field in keyof Row]: Row[Field] | null };
}

/** @returns the rows of the list, one of nulls where it has none; null where they have not been read yet */
export function prefetchedFor({ prefetched }: CurrentMedic, list: ListLookup): readonly object[] | null {
  return prefetched?.list === list ? prefetched.rows : null;
}

/** Hands the {@link CurrentMedic} to a parameter of a controller's method. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext) =>
  currentMedicOf(context.switchToHttp().getRequest<FastifyRequest>()),
);
