import { MembershipType } from '../../src/memberships/membership.entity.js';
import type { Actor } from './actor.js';
import type { HospitalScene } from './given.js';
import type { Service } from './service.js';

/** A hospital with every kind of caller. */
export interface Cast extends HospitalScene {
  /** Was an ADMIN of the hospital and is a MEMBER now. */
  readonly formerAdmin: Actor;
  /** The former ADMIN's membership. */
  readonly formerAdminship: number;
  /** Was a MEMBER and was removed. */
  readonly removedMember: Actor;
  /** The removed MEMBER's membership. */
  readonly removedMembership: number;
  /** Was an ADMIN and was removed. */
  readonly removedAdmin: Actor;
  /** The medic that created the former ADMIN's account. */
  readonly creator: Actor;
}

/** @returns a hospital whose former ADMINs and MEMBERs have just lost their right over HTTP */
export async function castOf({ given }: Service): Promise<Cast> {
  const scene = await given.hospital();
  const { hospital, admin } = scene;
  const creator = await given.medic();
  const formerAdmin = await given.medic({ createdById: creator.id });
  const [removedMember, removedAdmin] = [await given.medic(), await given.medic()];
  const formerAdminship = await given.membership(formerAdmin, hospital, { type: MembershipType.ADMIN, isActive: true });
  const removedMembership = await given.membership(removedMember, hospital, { isActive: true });
  const removedAdminship = await given.membership(removedAdmin, hospital, { type: MembershipType.ADMIN });
  (await admin.changeMembership(formerAdminship, { type_membership: 'MEMBER' })).isCreated();
  (await admin.removeMembership(removedMembership)).isCreated();
  (await admin.removeMembership(removedAdminship)).isCreated();
  return { ...scene, formerAdmin, formerAdminship, removedMember, removedMembership, removedAdmin, creator };
}

/** Every caller with a valid key who is not an ADMIN of the hospital. */
export const NOT_ADMINS = [
  ['a MEMBER', 'member'],
  ['a former ADMIN who is a MEMBER now', 'formerAdmin'],
  ['a MEMBER who was removed', 'removedMember'],
  ['an ADMIN who was removed', 'removedAdmin'],
  ['a medic who belongs to nothing', 'outsider'],
  ['an ADMIN of another hospital', 'stranger'],
  ['the account that created one of its medics', 'creator'],
] as const;
