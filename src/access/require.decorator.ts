import { applyDecorators, UseGuards } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import { Authenticated, Authentication } from '../auth/authenticated.decorator.js';
import { AccessGuard, HospitalAdminGuard, Requirement } from './access.guard.js';
import { guardedRuleOf, type FactsOf, type RoutePermission } from './permission.js';
import { target as targets, type Target } from './target.js';

/** The extension of an OpenAPI operation that names the permission that it needs. */
export const PERMISSION_EXTENSION = 'x-permission';

/** A permission that the guard decides needs a target with its facts; others have none. */
type TargetFor<P extends RoutePermission> = [FactsOf<P>] extends [never] ? [] : [target: Target<FactsOf<P>>];

/**
 * Declares who may call a route. TokenAuthGuard closes a route that declares neither this nor {@link Public}.
 * @param permission decided by its rule in `permission.ts`
 * @param target the subject of the request, with the facts that the rule needs
 */
export function Require<P extends RoutePermission>(permission: P, ...[target]: TargetFor<P>): MethodDecorator {
  const isGuarded = guardedRuleOf(permission) !== null;
  const guard = (target as object | undefined) === targets.medicInPath ? AccessGuard : HospitalAdminGuard;
  return applyDecorators(
    Requirement({ permission, target }),
    Authenticated(),
    ...(isGuarded ? [UseGuards(guard)] : []),
    ApiExtension(PERMISSION_EXTENSION, permission),
  );
}

/** Declares that anyone may call a route: no key is looked at. */
export function Public(): MethodDecorator {
  return Authentication({ needsKey: false });
}
