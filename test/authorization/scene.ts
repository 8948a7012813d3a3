import { createHash } from 'node:crypto';
import { HospitalPicture } from '../../src/hospitals/hospital-picture.entity.js';
import { MembershipType } from '../../src/memberships/membership.entity.js';
import { hashPassword } from '../../src/auth/password.js';
import type { Actor } from '../support/actor.js';
import { valueOf } from '../support/hand.js';
import { instant } from '../support/instant.js';
import { jpeg } from '../support/jpeg.js';
import { ENDED, UPCOMING } from '../support/limits.js';
import type { Service } from '../support/service.js';
import { givenService } from '../support/services.js';

/** Those who try every route, in the order of the table's columns. */
export const ACTORS = [
  'no token',
  'bad scheme',
  'unknown key',
  'expired key',
  'revoked key',
  'deactivated medic',
  'outsider',
  'MEMBER',
  'ADMIN',
  'ADMIN of another hospital',
  'ex-ADMIN',
  'ADMIN whose membership has ended',
  'ADMIN who starts later',
  "the membership's own medic",
  'creator of the medic',
  'service account',
] as const;

export type ActorName = (typeof ACTORS)[number];

/** The `Authorization` header of each actor, and what the routes are tried on. */
export interface Scene {
  readonly headers: Readonly<Record<ActorName, Record<string, string>>>;
  readonly hospital: number;
  /** An inactive hospital of the same people. */
  readonly inactive: number;
  /** The own medic's membership there. */
  readonly hiddenMembership: number;
  /** Whose membership is tried. */
  readonly subject: Actor;
  readonly membership: number;
  /** A medic who belongs to nothing, created by the ADMIN. */
  readonly newcomer: Actor;
  /** An instant at which the hospital already had its people. */
  readonly at: string;
  /** The hospital's picture, as its URL has it. */
  readonly digest: string;
}

export const PASSWORD = 'correct horse battery staple';
let passwordHash: string | undefined;

/** A hospital with its people, and everybody else who may try something. */
export async function sceneOf(service: Service): Promise<Scene> {
  const { given, dataSource } = service;
  passwordHash ??= await hashPassword(PASSWORD);
  const { hospital, admin, member, outsider, stranger } = await given.hospital();
  const creator = await given.medic();
  const subject = await given.medic({ createdById: creator.id, passwordHash });
  const membership = await given.membership(subject, hospital, { isActive: true });
  const exAdmin = await given.medic();
  await given.membership(exAdmin, hospital, { type: MembershipType.ADMIN, isDeleted: true });
  const inactive = await given.emptyHospital({ isActive: false });
  await given.membership(admin, inactive, { type: MembershipType.ADMIN });
  await given.membership(member, inactive);
  await given.membership(exAdmin, inactive, { type: MembershipType.ADMIN, isDeleted: true });
  const [ended, upcoming] = [await given.medic(), await given.medic()];
  for (const at of [hospital, inactive]) {
    await given.membership(ended, at, { type: MembershipType.ADMIN, ...ENDED });
    await given.membership(upcoming, at, { type: MembershipType.ADMIN, ...UPCOMING });
  }
  const hiddenMembership = await given.membership(subject, inactive);
  const deactivated = await given.medic({ isActive: false });
  await given.membership(deactivated, hospital, { type: MembershipType.ADMIN, isActive: true });
  const revoked = await given.token(admin.id);
  const expired = await given.token(admin.id, new Date(Date.now() - 1000));
  await dataSource.query(
    `UPDATE api_token SET revoked_at = now() WHERE id = (SELECT max(id) FROM api_token WHERE expires_at IS NULL)`,
  );
  const serviceAccount = await givenService(service);
  const content = jpeg();
  const digest = createHash('sha256').update(content).digest();
  await dataSource.manager.insert(HospitalPicture, { hospitalId: hospital, kind: 'picture', digest, content });
  const unknown = `${admin.token.slice(0, -1)}${admin.token.endsWith('0') ? '1' : '0'}`;
  const token = (key: string) => ({ authorization: `Token ${key}` });
  return {
    hospital,
    inactive,
    hiddenMembership,
    subject,
    membership,
    newcomer: await given.medic({ createdById: admin.id }),
    digest: digest.toString('hex'),
    at: await valueOf(dataSource, `SELECT ${instant('clock_timestamp()')} AS value`),
    headers: {
      'no token': {},
      'bad scheme': { authorization: `Bearer ${admin.token}` },
      'unknown key': token(unknown),
      'expired key': token(expired),
      'revoked key': token(revoked),
      'deactivated medic': token(deactivated.token),
      outsider: token(outsider.token),
      MEMBER: token(member.token),
      ADMIN: token(admin.token),
      'ADMIN of another hospital': token(stranger.token),
      'ex-ADMIN': token(exAdmin.token),
      'ADMIN whose membership has ended': token(ended.token),
      'ADMIN who starts later': token(upcoming.token),
      "the membership's own medic": token(subject.token),
      'creator of the medic': token(creator.token),
      'service account': token(serviceAccount.key),
    },
  };
}
