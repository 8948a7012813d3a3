import { randomBytes } from 'node:crypto';
import { hashPassword } from '../../src/auth/password.js';
import { MembershipType } from '../../src/memberships/membership.entity.js';
import type { Given } from '../support/given.js';
import { jpeg } from '../support/jpeg.js';

/** What every medic of a scene logs in with. */
export const PASSWORD = 'correct horse battery staple';

const hash = hashPassword(PASSWORD);

/** Those who send requests, and what they may ask about. */
export interface Scene {
  /** Role -> a live key. */
  readonly keys: Readonly<Record<string, string>>;
  readonly hospitals: readonly number[];
  readonly medics: readonly number[];
  readonly memberships: readonly number[];
  readonly emails: readonly string[];
  readonly digests: readonly string[];
  /** Keys that work no more. */
  readonly deadKeys: readonly string[];
}

/** Puts a hospital, its picture and the medics around it into the database. @returns them */
export async function newScene(
  given: Given,
  query: (sql: string, values: unknown[]) => Promise<unknown>,
): Promise<Scene> {
  const passwordHash = await hash;
  const admin = await given.medic({ passwordHash });
  const member = await given.medic({ passwordHash, createdById: admin.id });
  const created = await given.medic({ passwordHash, createdById: admin.id });
  const other = await given.medic({ passwordHash, createdById: admin.id });
  const crowded = await given.medic({ passwordHash });
  const hospital = await given.emptyHospital();
  const second = await given.emptyHospital();
  const memberships = [
    await given.membership(admin, hospital, { type: MembershipType.ADMIN, isActive: true }),
    await given.membership(admin, second, { type: MembershipType.ADMIN }),
    await given.membership(other, hospital, { type: MembershipType.ADMIN, isActive: true }),
    await given.membership(member, hospital, { isActive: true }),
    await given.membership(created, hospital, { isDeleted: true }),
  ];
  const digest = randomBytes(32);
  await query('INSERT INTO hospital_picture VALUES ($1, $2, $3, $4)', [hospital, 'picture', digest, jpeg()]);
  // So many live keys that there is no room for another.
  await query(
    `INSERT INTO api_token (medic_id, label, digest)
     SELECT $1, 'crowd', sha256(concat($1::integer, '.', n)::bytea) FROM generate_series(1, 20) n`,
    [crowded.id],
  );
  const medics = [admin, member, created, other, crowded];
  return {
    keys: { admin: admin.token, member: member.token, created: created.token, crowded: crowded.token },
    hospitals: [hospital, second],
    medics: medics.map(({ id }) => id),
    memberships,
    emails: medics.map(({ email }) => email),
    digests: [digest.toString('hex')],
    deadKeys: [await given.token(admin.id, new Date(0))],
  };
}
