import { applyDecorators } from '@nestjs/common';
import { ApiExtension, ApiSecurity } from '@nestjs/swagger';
import type { ErrorFormat } from '../http/output/error-format.js';
import { RouteSettings } from '../http/server/route-settings.js';
import { Authentication } from './authenticated.decorator.js';
import type { Scope } from './scope.js';

/** Name of the security scheme of service accounts in the OpenAPI document. */
export const BEARER_SCHEME = 'Bearer';

/** The extension of an OpenAPI operation that names the scope that it needs. */
export const SCOPE_EXTENSION = 'x-scope';

/**
 * Lets in service accounts whose live key has the scope (section 10 of the contract), and nobody else. Such a route
 * lies outside `/api/v2`.
 * @param errorFormat of the errors of the route: RFC 9457 by default
 */
export function RequireScope(scope: Scope, errorFormat: ErrorFormat = 'problem'): MethodDecorator {
  return applyDecorators(
    Authentication({ needsKey: true, scope }),
    RouteSettings({ needsKey: true, limitsServices: true, errorFormat }),
    ApiSecurity(BEARER_SCHEME),
    ApiExtension(SCOPE_EXTENSION, scope),
  );
}
