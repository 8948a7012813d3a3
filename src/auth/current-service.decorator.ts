import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Scope } from './scope.js';

/** The service account that a request comes from, as its key proved. */
export interface CurrentService {
  readonly id: number;
  /** The scopes of the account when the key was checked. */
  readonly scopes: readonly Scope[];
  /** Rows that the statement of the key check has read for the route. */
  readonly prefetched?: { readonly read: object; readonly row: object } | undefined;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by TokenAuthGuard; null on all routes without `@RequireScope`. */
    service: CurrentService | null;
  }
}

/**
 * @returns the service account of the request
 * @throws Error the route does not require a scope: a defect
 */
export function currentServiceOf(request: FastifyRequest): CurrentService {
  if (request.service === null) throw new Error('A route without a scope asked for the current service account.');
  return request.service;
}

/** Injects the {@link CurrentService} into a controller method. */
export const CallingService = createParamDecorator((_: unknown, context: ExecutionContext) =>
  currentServiceOf(context.switchToHttp().getRequest<FastifyRequest>()),
);
