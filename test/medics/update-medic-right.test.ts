import { MembershipType } from '../../src/memberships/membership.entity.js';
import { castOf, NOT_ADMINS } from '../support/actors.js';
import { formOf, HOSPITAL } from '../support/bodies.js';
import { cannotAssign } from '../support/refusals.js';
import { useService } from '../support/service.js';

const service = useService();

const pathOf = ({ id }: { id: number }) => `/medics/${String(id)}`;

/** @returns a hospital whose ADMIN created `self`, who is active there */
async function givenCreator(type = MembershipType.MEMBER) {
  const scene = await service.given.hospital();
  const self = await service.given.medic({ createdById: scene.admin.id });
  await service.given.membership(self, scene.hospital, { type, isActive: true });
  return { ...scene, creator: scene.admin, self, path: pathOf(self) };
}

/** @returns a hospital whose ADMIN created `self`, who is a MEMBER of another and active there */
async function givenElsewhere() {
  const scene = await service.given.hospital();
  const self = await service.given.medic({ createdById: scene.admin.id });
  const elsewhere = await service.given.emptyHospital();
  await service.given.membership(self, elsewhere, { isActive: true });
  return { ...scene, creator: scene.admin, self, elsewhere, path: pathOf(self) };
}

describe('PATCH /medics/{id} with is_admin_membership', () => {
  test('a creator who is an ADMIN promotes and demotes the medic at the current hospital', async () => {
    const { creator, self, hospital, path } = await givenCreator();
    (await creator.patch(path, { is_admin_membership: true })).is(202, { hospital, is_admin_membership: true });
    (await self.get(`/memberships/${String(hospital)}`)).isOk();
    (await creator.patch(path, { is_admin_membership: 0 })).is(202, { hospital, is_admin_membership: false });
    (await self.get(`/memberships/${String(hospital)}`)).isRefused('Unauthorized Medic');
  });

  test('with hospital, is_admin_membership true creates an active ADMIN membership', async () => {
    const { creator, self, path } = await givenCreator();
    const { id: hospital } = (await creator.post('/hospital/', HOSPITAL)).isCreated().body();
    const change = { hospital, is_admin_membership: true };
    (await creator.patch(path, formOf(change))).is(202, change);
    (await self.get(`/hospital/${String(hospital)}`)).isOk({ is_admin: true });
  });

  test.each([true, false])(
    'with hospital, is_admin_membership %j decides the type of a restored membership',
    async (isAdmin) => {
      const { creator, self, hospital, path } = await givenElsewhere();
      const type = isAdmin ? MembershipType.MEMBER : MembershipType.ADMIN;
      await service.given.membership(self, hospital, { type, isDeleted: true });
      const change = { hospital, is_admin_membership: isAdmin };
      (await creator.patch(path, change)).is(202, change);
    },
  );

  test('a removed membership that has ended is not restored, and the error says where it can be', async () => {
    const { creator, self, hospital, path } = await givenElsewhere();
    const id = await service.given.membership(self, hospital, { isDeleted: true, validUntil: new Date(0) });
    const refused = await creator.patch(path, { hospital, is_admin_membership: true });
    refused.is(400, { errors: { hospital: [expect.stringContaining('another valid_until')] } });
    expect(await service.given.rowOf(id)).toMatchObject({ isDeleted: true });
  });

  test.each([
    ['has ended', { validUntil: new Date(0) }],
    ['has not started', { validFrom: new Date('2999-01-01') }],
    ['is removed and starts later', { validFrom: new Date('2999-01-01'), isDeleted: true }],
  ])('a hospital whose membership %s cannot be chosen, and nothing changes', async (_, columns) => {
    const { hospital, admin: creator } = await service.given.hospital();
    const self = await service.given.medic({ createdById: creator.id });
    const id = await service.given.membership(self, hospital, { isActive: true, ...columns });
    const before = await service.given.rowOf(id);
    for (const extra of [{}, { is_admin_membership: true }])
      (await creator.patch(pathOf(self), { hospital, ...extra })).isConflict(/not in force/);
    expect(await service.given.rowOf(id)).toEqual(before);
  });

  test('with hospital, is_admin_membership changes the right there and nowhere else', async () => {
    const { creator, self, hospital, elsewhere, path } = await givenElsewhere();
    await service.given.membership(self, hospital);
    const change = { hospital, is_admin_membership: true };
    (await creator.patch(path, change)).is(202, change);
    (await self.get(`/hospital/${String(elsewhere)}`)).isOk({ is_admin: false });
  });

  test('an ADMIN can step down if another ADMIN stays', async () => {
    const { self, hospital, path } = await givenCreator(MembershipType.ADMIN);
    (await self.patch(path, { is_admin_membership: false })).is(202, { hospital, is_admin_membership: false });
    (await self.patch(path, { is_admin_membership: true })).is(400, cannotAssign(hospital));
  });

  test('is_admin_membership cannot demote the last ADMIN of a hospital', async () => {
    const { admin, hospital } = await service.given.hospital();
    for (const extra of [{}, { hospital }, { name: 'New', is_active: false }]) {
      const change = { ...extra, is_admin_membership: false };
      (await admin.patch(pathOf(admin), change)).isConflict(/appoint another ADMIN first/);
    }
    (await admin.get(pathOf(admin))).isOk({ hospital, is_admin_membership: true });
  });

  test('is_admin_membership cannot demote the last ADMIN of a hospital that is not the current one', async () => {
    const { admin, hospital } = await service.given.hospital();
    const { id: elsewhere } = (await admin.post('/hospital/', HOSPITAL)).isCreated().body();
    const change = { hospital: elsewhere, is_admin_membership: false };
    (await admin.patch(pathOf(admin), change)).isConflict(/appoint another ADMIN first/);
    (await admin.get(pathOf(admin))).isOk({ hospital });
  });

  test.each([true, false])('is_admin_membership %j is rejected without a current hospital', async (isAdmin) => {
    const { creator, self, path } = await givenCreator();
    (await self.patch(path, { hospital: null })).is(202);
    (await creator.patch(path, { is_admin_membership: isAdmin })).isInvalid('is_admin_membership');
    (await self.patch(path, { is_admin_membership: isAdmin })).isInvalid('is_admin_membership');
  });

  test('is_admin_membership with the present value needs no right', async () => {
    const { self, member, hospital } = await givenCreator();
    for (const medic of [self, member])
      (await medic.patch(pathOf(medic), { is_admin_membership: false })).is(202, { hospital });
  });
});

describe('PATCH /medics/{id} rejects is_admin_membership', () => {
  test('a MEMBER cannot promote themselves', async () => {
    const { member, hospital } = await service.given.hospital();
    (await member.patch(pathOf(member), { is_admin_membership: true })).is(400, cannotAssign(hospital));
    (await member.patch(pathOf(member), { hospital, is_admin_membership: true })).is(400, cannotAssign(hospital));
  });

  test.each(NOT_ADMINS)('a creator who is %s cannot promote the medic', async (_, who) => {
    const { hospital, [who]: creator } = await castOf(service);
    const medic = await service.given.medic({ createdById: creator.id });
    await service.given.membership(medic, hospital, { isActive: true });
    for (const change of [{ is_admin_membership: true }, { hospital, is_admin_membership: true, name: 'New' }])
      (await creator.patch(pathOf(medic), change)).is(400, cannotAssign(hospital));
  });

  test('a creator who is not an ADMIN there cannot demote the medic', async () => {
    const { hospital, outsider } = await service.given.hospital();
    const medic = await service.given.medic({ createdById: outsider.id });
    await service.given.membership(medic, hospital, { type: MembershipType.ADMIN, isActive: true });
    (await outsider.patch(pathOf(medic), { is_admin_membership: false })).is(400, cannotAssign(hospital));
  });

  test('a medic cannot promote themselves at another of their hospitals, which does not become active', async () => {
    const { self, hospital, elsewhere, path } = await givenElsewhere();
    await service.given.membership(self, hospital);
    (await self.patch(path, { hospital, is_admin_membership: true })).is(400, cannotAssign(hospital));
    (await self.get(path)).isOk({ hospital: elsewhere });
  });

  test('an ADMIN who did not create the medic cannot promote the medic', async () => {
    const { admin, member } = await service.given.hospital();
    (await admin.patch(pathOf(member), { is_admin_membership: true })).isNotFound();
  });
});

test('a 503 ends the retries if the current hospital keeps changing, and nothing changes', async () => {
  const { admin, hospital, membership } = await service.given.hospital();
  // Each read of the membership finds another hospital, as if a concurrent request had moved it.
  await service.dataSource.query(`
    ALTER TABLE membership RENAME TO settled;
    CREATE SEQUENCE moves;
    CREATE VIEW membership AS SELECT id, medic_id, hospital_id + nextval('moves')::integer AS hospital_id, type,
      is_active, is_deleted, date_joined, valid_from, valid_until FROM settled`);
  const before = await service.dataSource.query<object[]>('SELECT * FROM settled ORDER BY id');
  const answer = await admin.patch(`/medics/${String(admin.id)}`, { is_admin_membership: true }, { concurrent: true });
  const after = await service.dataSource.query<object[]>('SELECT * FROM settled ORDER BY id');
  await service.dataSource.query('DROP VIEW membership; DROP SEQUENCE moves; ALTER TABLE settled RENAME TO membership');
  expect(answer.isError(503).headers.get('retry-after')).toBe('1');
  expect(after).toEqual(before);
  (await admin.changeMembership(membership, { type_membership: 'ADMIN' })).isCreated({ hospital });
});
