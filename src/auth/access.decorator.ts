import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { RouteSettings } from '../common/route-settings.js';

/** Metadata key of the access rule that each route must declare. */
export const ACCESS_RULE = 'access-rule';

/** Metadata key of the {@link RightLookup} of a route. */
export const RIGHT_LOOKUP = 'right-lookup';

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
    SetMetadata(ACCESS_RULE, rule),
    SetMetadata(RIGHT_LOOKUP, lookup),
    RouteSettings({ needsKey: true }),
    ApiSecurity(TOKEN_SCHEME),
  );
}

/** Any medic with a good key; the rows that the query, or the lookup, finds are those that the medic may see. */
export const AnyMedic = (lookup?: RightLookup): MethodDecorator => Access('any medic', lookup);

/** The rule of routes that need no key. */
export const PUBLIC = 'public';

/** Everybody, without a key. */
export const Public = (): MethodDecorator => SetMetadata(ACCESS_RULE, PUBLIC);
