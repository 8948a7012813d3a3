import { applyDecorators } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiSecurity } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { RouteSettings } from '../http/server/route-settings.js';

/** Name of the security scheme in the OpenAPI document. */
export const TOKEN_SCHEME = 'Token';

/** Caller data that a route needs besides the caller's identity. The statement that checks the key reads it too. */
export interface CallerLookup {
  /** A SELECT of at most one row, for the medic `caller` and the id `$2` that the request names. */
  readonly sql: string;
  /** @returns the id, or null if the request names none that can be one */
  readonly idOf: (request: FastifyRequest) => number | null;
}

/** Mode of TokenAuthGuard on a route. A route without this metadata is closed to everybody. */
export interface AuthenticationMode {
  readonly needsKey: boolean;
  readonly lookup?: CallerLookup | undefined;
}

export const Authentication = Reflector.createDecorator<AuthenticationMode>();

/**
 * Lets in medics with a live key. Routes declare `@Require`, which applies this.
 * @param lookup what `foundFor` returns on this route
 */
export function Authenticated(lookup?: CallerLookup): MethodDecorator {
  return applyDecorators(
    Authentication({ needsKey: true, lookup }),
    RouteSettings({ needsKey: true }),
    ApiSecurity(TOKEN_SCHEME),
  );
}

/** Lets in everybody, without looking at a key. Routes declare `@Public`, which applies this. */
export function Unauthenticated(): MethodDecorator {
  return Authentication({ needsKey: false });
}
