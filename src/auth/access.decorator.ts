import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';

/** Metadata key of the access rule that each route must declare. */
export const ACCESS_RULE = 'access-rule';

/** Name of the security scheme in the OpenAPI document. */
export const TOKEN_SCHEME = 'Token';

/** Declares who may call a route; TokenAuthGuard refuses a route that declares nothing. */
export function Access(rule: string): MethodDecorator {
  return applyDecorators(SetMetadata(ACCESS_RULE, rule), ApiSecurity(TOKEN_SCHEME));
}

/** Any medic with a good key; the rows that the query finds are those that the medic may see. */
export const AnyMedic = (): MethodDecorator => Access('any medic');

/** The rule of routes that need no key. */
export const PUBLIC = 'public';

/** Everybody, without a key. */
export const Public = (): MethodDecorator => SetMetadata(ACCESS_RULE, PUBLIC);
