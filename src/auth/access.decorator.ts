import { applyDecorators } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiSecurity } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { RouteSettings } from '../http/server/route-settings.js';

/** The rule that each route must declare: who may call it. */
export const AccessRule = Reflector.createDecorator<string>();

/** What a route has to know of its caller; {@link Access} declares it. */
export const LooksUp = Reflector.createDecorator<RightLookup>();

/** Name of the security scheme in the OpenAPI document. */
export const TOKEN_SCHEME = 'Token';

/** What a rule has to know of the caller besides who it is; the statement that finds the caller finds this too. */
export interface RightLookup {
  /** A SELECT of one row at most, for the medic `caller` and the id `$2` that the request names. */
  readonly sql: string;
  /** @returns the id, or null where the request names none that can be one */
  readonly idOf: (request: FastifyRequest) => number | null;
}

/**
 * Declares who may call a route; TokenAuthGuard refuses a route that declares nothing.
 * @param lookup what a guard of the route decides by, or what the route answers: `foundFor` has it
 */
export function Access(rule: string, lookup?: RightLookup): MethodDecorator {
  return applyDecorators(
    AccessRule(rule),
    ...(lookup === undefined ? [] : [LooksUp(lookup)]),
    RouteSettings({ needsKey: true }),
    ApiSecurity(TOKEN_SCHEME),
  );
}

/** Any medic with a good key; the rows that the query, or the lookup, finds are those that the medic may see. */
export const AnyMedic = (lookup?: RightLookup): MethodDecorator => Access('any medic', lookup);

/** The rule of routes that need no key. */
export const PUBLIC = 'public';

/** Everybody, without a key. */
export const Public = (): MethodDecorator => AccessRule(PUBLIC);
