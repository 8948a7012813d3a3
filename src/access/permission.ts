import type { Type } from '@nestjs/common';
import { NotFound } from '../common/errors.js';
import { UnauthorizedMedic } from './access.errors.js';
import {
  canAdminister,
  mayAdminister,
  mayPrescribe,
  mayRemove,
  maySeeMembership,
  ownsMedic,
  type GuardedMembership,
  type MedicAccount,
  type Right,
  type SeenMembership,
  type Standing,
} from './policy.js';

/** The caller's right at the hospital that a request is about. */
export interface HospitalFacts {
  readonly right: Right;
}

/** Who has a permission, and who decides that. */
interface PermissionRule {
  /** Completes "Who: …" in the documents. */
  readonly who: string;
}

/** A permission that the access guard decides, before any field is validated. */
interface GuardedRule<Facts extends object> extends PermissionRule {
  readonly allows: (callerId: number, facts: Facts) => boolean;
  /** How the guard refuses: a 404 hides what the caller may not know about. */
  readonly refusal: Type<UnauthorizedMedic | NotFound>;
}

/** A permission that services ask about, because no route of this service needs it. */
interface AskedRule extends PermissionRule {
  readonly holds: (standing: Standing) => boolean;
}

/** A permission of every medic with a live key. The query, or the service, limits what the call reads or changes. */
const anyMedic = (who: string): PermissionRule => ({ who });

function guarded<Facts extends object>(
  who: string,
  allows: (callerId: number, facts: Facts) => boolean,
  refusal: Type<UnauthorizedMedic | NotFound>,
): GuardedRule<Facts> {
  return { who, allows, refusal };
}

function asked(who: string, holds: AskedRule['holds']): AskedRule {
  return { who, holds };
}

const administers = (_callerId: number, { right }: HospitalFacts) => canAdminister(right);

/**
 * Every permission, and who has it. Routes name one of them with `@Require`; `docs/authorization.md` and the "Who" line
 * of each operation in the OpenAPI document are generated from here.
 */
export const PERMISSIONS = {
  'membership:list': anyMedic(
    'any medic, for their own live memberships; with `managed=true` those of the hospitals that they administer',
  ),
  'membership:read': anyMedic('its medic, while the membership is live; an ADMIN of its hospital, always'),
  'membership:read-history': guarded<SeenMembership>(
    'its medic, while the membership is live; an ADMIN of its hospital, always',
    maySeeMembership,
    NotFound,
  ),
  'membership:create': guarded('an ADMIN of the hospital', administers, UnauthorizedMedic),
  'membership:change': guarded<GuardedMembership>('an ADMIN of its hospital', administers, UnauthorizedMedic),
  'membership:remove': guarded<GuardedMembership>(
    'an ADMIN of its hospital, or its medic',
    mayRemove,
    UnauthorizedMedic,
  ),
  'hospital:list-memberships': guarded('an ADMIN of the hospital', administers, UnauthorizedMedic),
  'hospital:read-history': guarded('an ADMIN of the hospital', administers, UnauthorizedMedic),
  'hospital:list': anyMedic('any medic, for the hospitals of their live memberships'),
  'hospital:read': anyMedic('a live member of the hospital; only its ADMINs while it is inactive'),
  'hospital:create': anyMedic('any medic'),
  'hospital:change': guarded('an ADMIN of the hospital', administers, UnauthorizedMedic),
  'location:list': anyMedic('any medic, for their own hospitals'),
  'location:choose': anyMedic('any medic, for a hospital of their live memberships that is not hidden from them'),
  'medic:list': anyMedic('any medic, for the medics that they created'),
  'medic:read-own': anyMedic('any medic, for themselves'),
  'medic:read': anyMedic('the medic, or its creator'),
  'medic:create': anyMedic('any medic; with `hospital` only an ADMIN of it'),
  'medic:change': guarded<MedicAccount>(
    'the medic, or its creator; another type of membership only by an ADMIN of the hospital',
    ownsMedic,
    NotFound,
  ),
  'medic:search': anyMedic('any medic'),
  'token:rotate': anyMedic('any medic, for the key of the request'),
  'token:revoke': anyMedic('any medic, for their own keys'),
  prescribe: asked('a live member with an active account, at an active hospital', mayPrescribe),
  administer: asked('a live ADMIN with an active account', mayAdminister),
} as const;

/** The name of a permission. */
export type Permission = keyof typeof PERMISSIONS;

/** The permissions that services ask about: the actions of decisions (section 11 of the contract). */
export type Action = {
  [P in Permission]: (typeof PERMISSIONS)[P] extends AskedRule ? P : never;
}[Permission];

/** A permission of a route. */
export type RoutePermission = Exclude<Permission, Action>;

/** The names of all actions, in alphabetical order. */
export const ACTIONS: readonly Action[] = (Object.keys(PERMISSIONS) as Permission[])
  .filter((name): name is Action => 'holds' in PERMISSIONS[name])
  .sort();

/** @returns whether the text names an action */
export function isAction(text: string): text is Action {
  return (ACTIONS as readonly string[]).includes(text);
}

/** @returns whether a medic with this standing has the permission */
export function holds(action: Action, standing: Standing): boolean {
  return PERMISSIONS[action].holds(standing);
}

/** Input of a permission's rule; never if every medic has the permission. */
export type FactsOf<P extends RoutePermission> =
  (typeof PERMISSIONS)[P] extends GuardedRule<infer Facts extends object> ? Facts : never;

/** @returns the rule of a permission, if the access guard decides it */
export function guardedRuleOf(permission: RoutePermission): GuardedRule<object> | null {
  const rule: PermissionRule | GuardedRule<never> = PERMISSIONS[permission];
  return 'allows' in rule ? (rule as GuardedRule<object>) : null;
}
