import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Reader } from '../database/reads.js';

/** Rows that the statement that checked the key has read too. */
export interface PrefetchedRows {
  /** The `Prefetchable` that they belong to. */
  readonly of: object;
  /** The id that they are about, if the request names one. */
  readonly subject: number | null;
  readonly rows: readonly object[];
}

/** The medic whose live key a request carries. */
export interface CurrentMedic extends Reader {
  readonly id: number;
  /** Root of the medic's tree of accounts, which shares its limits. */
  readonly rootId: number;
  /** Id of the key that the request carries. */
  readonly tokenId: number;
  /** The id of the request, which the record keeps with everything that the request changes. */
  readonly requestId: string;
  /** `Prefetchable.prefetchedFor` returns them with their type. */
  readonly prefetched?: readonly PrefetchedRows[];
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by TokenAuthGuard; null on public routes. */
    medic: CurrentMedic | null;
  }
}

/**
 * @returns the medic of the request
 * @throws Error the route is public: a defect
 */
export function currentMedicOf(request: FastifyRequest): CurrentMedic {
  if (request.medic === null) throw new Error('A public route asked for the current medic.');
  return request.medic;
}

/** Injects the {@link CurrentMedic} into a controller method. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext) =>
  currentMedicOf(context.switchToHttp().getRequest<FastifyRequest>()),
);
