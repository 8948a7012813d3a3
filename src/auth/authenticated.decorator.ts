import { applyDecorators } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiSecurity } from '@nestjs/swagger';
import { RouteSettings } from '../http/server/route-settings.js';
import type { Scope } from './scope.js';

/** Name of the security scheme in the OpenAPI document. */
export const TOKEN_SCHEME = 'Token';

/** Mode of TokenAuthGuard on a route. A route without this metadata is closed to everybody. */
export interface AuthenticationMode {
  readonly needsKey: boolean;
  /** Lets in service accounts with this scope instead of medics. */
  readonly scope?: Scope | undefined;
}

export const Authentication = Reflector.createDecorator<AuthenticationMode>();

/** Lets in medics with a live key. Routes declare `@Require`, which applies this. */
export function Authenticated(): MethodDecorator {
  return applyDecorators(
    Authentication({ needsKey: true }),
    RouteSettings({ needsKey: true }),
    ApiSecurity(TOKEN_SCHEME),
  );
}
