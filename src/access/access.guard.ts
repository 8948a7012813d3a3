import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { currentMedicOf } from '../auth/current-medic.decorator.js';
import { NotFound } from '../common/errors.js';
import { Reads } from '../database/reads.js';
import { guardedRuleOf, type RoutePermission } from './permission.js';
import type { Target } from './target.js';

/** The declaration of `@Require`. */
export interface RequirementOptions {
  readonly permission: RoutePermission;
  /** Input of the permission's rule; undefined if every medic has the permission. */
  readonly target?: Target<object> | undefined;
}

/** The metadata of `@Require`. */
export const Requirement = Reflector.createDecorator<RequirementOptions>();

/**
 * Decides by the rule of the permission and the facts of the target, before any field is validated. A right may end
 * after this: the transaction of a write decides again by the same policy.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly reads: Reads,
  ) {}

  /**
   * @throws NotFound the path names nothing that the caller may know about
   * @throws UnauthorizedMedic the caller may know about it, but lacks the right
   * @throws Error the route declares no rule that can be decided here: a defect
   */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { permission, target } = this.requirementOf(context);
    const rule = guardedRuleOf(permission);
    if (rule === null || target === undefined) throw new Error(`${permission} cannot be decided by a guard.`);
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (target.idOf(request) === null) {
      // InputPipe names the field, after this guard.
      if (target.isField) return true;
      throw new NotFound();
    }
    const facts = await target.factsOf(this.reads, request);
    if (facts === null) throw new NotFound();
    if (!rule.allows(currentMedicOf(request).id, facts)) throw new rule.refusal();
    return true;
  }

  private requirementOf(context: ExecutionContext): RequirementOptions {
    const requirement = this.reflector.get(Requirement, context.getHandler()) as RequirementOptions | undefined;
    if (requirement === undefined) throw new Error(`${context.getClass().name} has a guarded route without a rule.`);
    return requirement;
  }
}

/** The access guard of routes that need a right at a hospital. */
@Injectable()
export class HospitalAdminGuard extends AccessGuard {}
