import { randomBytes, randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { SCOPE_NAMES } from '../../src/auth/scope.js';
import { ServiceAccounts } from '../../src/auth/service-accounts.js';
import { hashPassword } from '../../src/auth/password.js';
import { MembershipType } from '../../src/memberships/membership.entity.js';
import type { Given } from '../support/given.js';
import { jpeg } from '../support/jpeg.js';
import { ENDED, givenLimited, UPCOMING, WITHIN } from '../support/limits.js';

/** The password of every medic in a scene. */
export const PASSWORD = 'correct horse battery staple';

const hash = hashPassword(PASSWORD);

/** The callers and the rows that their requests name. */
export interface Scene {
  /** A live key per role. */
  readonly keys: Readonly<Record<string, string>>;
  readonly hospitals: readonly number[];
  readonly medics: readonly number[];
  readonly memberships: readonly number[];
  readonly emails: readonly string[];
  readonly digests: readonly string[];
  /** Keys that no longer work. */
  readonly deadKeys: readonly string[];
}

/** Creates a hospital with its picture and medics, and a service account. @returns the scene */
export async function newScene(given: Given, dataSource: DataSource): Promise<Scene> {
  const query = (sql: string, values: unknown[]) => dataSource.query(sql, values);
  const passwordHash = await hash;
  const admin = await given.medic({ passwordHash });
  const member = await given.medic({ passwordHash, createdById: admin.id });
  const created = await given.medic({ passwordHash, createdById: admin.id });
  const other = await given.medic({ passwordHash, createdById: admin.id });
  const locum = await given.medic({ passwordHash, createdById: admin.id });
  const ending = await given.medic({ passwordHash, createdById: admin.id });
  const crowded = await given.medic({ passwordHash });
  const hospital = await given.emptyHospital();
  const second = await given.emptyHospital();
  const memberships = [
    await given.membership(admin, hospital, { type: MembershipType.ADMIN, isActive: true }),
    await given.membership(admin, second, { type: MembershipType.ADMIN }),
    await given.membership(other, hospital, { type: MembershipType.ADMIN, isActive: true }),
    await given.membership(member, hospital, { isActive: true }),
    await given.membership(created, hospital, { isDeleted: true }),
    await given.membership(locum, hospital, { type: MembershipType.ADMIN, isActive: true, ...WITHIN }),
    await given.membership(locum, second, { type: MembershipType.ADMIN, ...ENDED }),
    await given.membership(member, second, UPCOMING),
    // Ends while the requests are sent.
    (await givenLimited(dataSource, ending, hospital, { until: '1 second' })).id,
  ];
  const digest = randomBytes(32);
  await query('INSERT INTO hospital_picture VALUES ($1, $2, $3, $4)', [hospital, 'picture', digest, jpeg()]);
  // Reaches the upper bound of live keys.
  await query(
    `INSERT INTO api_token (medic_id, label, digest)
     SELECT $1, 'crowd', sha256(concat($1::integer, '.', n)::bytea) FROM generate_series(1, 20) n`,
    [crowded.id],
  );
  const service = await new ServiceAccounts(dataSource).create({ name: randomUUID(), scopes: SCOPE_NAMES });
  const medics = [admin, member, created, other, locum, ending, crowded];
  return {
    keys: {
      admin: admin.token,
      member: member.token,
      created: created.token,
      locum: locum.token,
      crowded: crowded.token,
      service: service.key,
    },
    hospitals: [hospital, second],
    medics: medics.map(({ id }) => id),
    memberships,
    emails: medics.map(({ email }) => email),
    digests: [digest.toString('hex')],
    deadKeys: [await given.token(admin.id, new Date(0))],
  };
}
