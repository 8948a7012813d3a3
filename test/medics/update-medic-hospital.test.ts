import { MembershipType } from '../../src/memberships/membership.entity.js';
import type { Actor } from '../support/actor.js';
import { castOf, NOT_ADMINS } from '../support/actors.js';
import { formOf } from '../support/bodies.js';
import { cannotAssign } from '../support/refusals.js';
import { isServer } from '../support/server.js';
import { useService } from '../support/service.js';
import { until } from '../support/until.js';

const service = useService();

const pathOf = ({ id }: { id: number }) => `/medics/${String(id)}`;

/** @returns a medic who is a MEMBER of two hospitals, active at `first`, and a creator without a right in either */
async function givenMedic() {
  const { hospital: first, admin } = await service.given.hospital();
  const { hospital: second, admin: secondAdmin } = await service.given.hospital();
  const creator = await service.given.medic();
  const self = await service.given.medic({ createdById: creator.id });
  const firstship = await service.given.membership(self, first, { isActive: true });
  const secondship = await service.given.membership(self, second);
  return { first, second, firstship, secondship, admin, secondAdmin, creator, self, path: pathOf(self) };
}

/** @returns a hospital whose ADMIN created a medic, who is active at another hospital */
async function givenCreator() {
  const scene = await service.given.hospital();
  const self = await service.given.medic({ createdById: scene.admin.id });
  const { hospital: other } = await service.given.hospital();
  const othership = await service.given.membership(self, other, { isActive: true });
  return { ...scene, creator: scene.admin, self, other, othership, path: pathOf(self) };
}

/** Fails the test unless the medic's live memberships are at these hospitals, and only the active one has the flag. */
async function expectLive(medic: Actor, hospitals: number[], active: number | null): Promise<void> {
  const page = (await medic.get('/management/memberships/')).isOk();
  const { results } = page.body<{ results: { hospital: number; is_active: boolean }[] }>();
  expect(results.map(({ hospital }) => hospital).sort()).toEqual(hospitals.sort());
  expect(results.filter((one) => one.is_active).map(({ hospital }) => hospital)).toEqual(
    active === null ? [] : [active],
  );
}

describe('PATCH /medics/{id} with the hospital of a live membership', () => {
  test.each([
    ['the medic', 'self'],
    ['the creator, who has no right there,', 'creator'],
  ] as const)('%s can make the hospital the only active one', async (_, who) => {
    const scene = await givenMedic();
    const { self, first, second, path } = scene;
    (await scene[who].patch(path, { hospital: second })).is(202, { hospital: second, is_admin_membership: false });
    await expectLive(self, [first, second], second);
    (await scene[who].patch(path, formOf({ hospital: first }))).is(202, { hospital: first });
    await expectLive(self, [first, second], first);
  });

  test('choosing the active hospital again changes nothing', async () => {
    const { self, first, path } = await givenMedic();
    const rows = await service.client.rows();
    (await self.patch(path, { hospital: String(first) })).is(202, { hospital: first });
    expect(await service.client.rows()).toBe(rows);
  });

  test('an ADMIN who did not create the medic cannot choose for the medic', async () => {
    const { secondAdmin, second, path } = await givenMedic();
    (await secondAdmin.patch(path, { hospital: second })).isNotFound();
  });
});

describe('PATCH /medics/{id} with a hospital without a live membership', () => {
  test('a creator who is an ADMIN there creates an active MEMBER', async () => {
    const { creator, self, hospital, other, path } = await givenCreator();
    (await creator.patch(path, { hospital })).is(202, { hospital, is_admin_membership: false });
    await expectLive(self, [hospital, other], hospital);
    (await self.get(`/hospital/${String(hospital)}`)).isOk({ is_admin: false });
  });

  test.each([MembershipType.ADMIN, MembershipType.MEMBER])(
    'a creator who is an ADMIN there restores the deleted membership as the %s it was',
    async (type) => {
      const { creator, self, hospital, other, path } = await givenCreator();
      const id = await service.given.membership(self, hospital, { type, isDeleted: true });
      const { dateJoined } = await service.given.rowOf(id);
      (await creator.patch(path, { hospital })).is(202, {
        hospital,
        is_admin_membership: type === MembershipType.ADMIN,
      });
      await expectLive(self, [hospital, other], hospital);
      expect(await service.given.rowOf(id)).toMatchObject({ isDeleted: false, isActive: true, type, dateJoined });
    },
  );

  test.each([
    ['who was never a member of the hospital', 'no'],
    ['whose membership there is deleted', 'deleted'],
    ['whose membership as an ADMIN there is deleted', 'deleted ADMIN'],
  ])('a medic %s cannot choose the hospital', async (_, kind) => {
    const { self, hospital, path } = await givenCreator();
    const type = kind === 'deleted ADMIN' ? MembershipType.ADMIN : MembershipType.MEMBER;
    if (kind !== 'no') await service.given.membership(self, hospital, { type, isDeleted: true });
    (await self.patch(path, { hospital })).is(400, cannotAssign(hospital));
    (await self.patch(path, { name: 'New', hospital })).is(400, cannotAssign(hospital));
  });

  test.each(NOT_ADMINS)('a creator who is %s cannot assign the hospital', async (_, who) => {
    const { hospital, [who]: creator } = await castOf(service);
    const medic = await service.given.medic({ createdById: creator.id });
    (await creator.patch(pathOf(medic), { hospital })).is(400, cannotAssign(hospital));
    await service.given.membership(medic, hospital, { isDeleted: true });
    (await creator.patch(pathOf(medic), { hospital })).is(400, cannotAssign(hospital));
  });

  test('an unknown hospital is refused with the same message as a missing right', async () => {
    const { creator, self, path } = await givenCreator();
    (await creator.patch(path, { hospital: 2147483647 })).is(400, cannotAssign(2147483647));
    (await self.patch(path, { hospital: 2147483647 })).is(400, cannotAssign(2147483647));
  });
});

describe('PATCH /medics/{id} with hospital null', () => {
  test.each(['self', 'creator'] as const)('PATCH as %s clears the choice, and the memberships stay', async (who) => {
    const scene = await givenMedic();
    const { self, first, second, path } = scene;
    (await scene[who].patch(path, { hospital: null })).is(202, { hospital: null, is_admin_membership: null });
    await expectLive(self, [first, second], null);
    (await self.patch(path, { hospital: second })).is(202, { hospital: second });
  });

  test('clearing the choice changes nothing if no hospital is chosen', async () => {
    const medic = await service.given.medic();
    const rows = await service.client.rows();
    (await medic.patch(pathOf(medic), { hospital: null })).is(202, { hospital: null });
    expect(await service.client.rows()).toBe(rows);
  });

  test('the last ADMIN of a hospital can clear the choice, and stays its ADMIN', async () => {
    const { admin, hospital } = await service.given.hospital();
    (await admin.patch(pathOf(admin), { hospital: null })).is(202, { hospital: null });
    (await admin.get(`/hospital/${String(hospital)}`)).isOk({ is_admin: true });
  });
});

(isServer ? test : test.skip)('a medic without a right in a hospital cannot block its members', async () => {
  const { hospital, admin, member, outsider } = await service.given.hospital();
  const holder = await service.database.connect();
  await holder.query('BEGIN');
  await holder.query('SELECT FROM medic WHERE id = $1 FOR UPDATE', [outsider.id]);
  const refused = outsider.patch(`/medics/${String(outsider.id)}`, { hospital }, { concurrent: true });
  await until(async () => {
    const { rowCount } = await holder.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND pg_backend_pid() = ANY (pg_blocking_pids(pid))`,
    );
    return rowCount === 1;
  });
  (await admin.patch(`/hospital/${String(hospital)}`, { name: 'Other' })).isCreated({ name: 'Other' });
  (await member.patch(`/medics/${String(member.id)}`, { hospital })).is(202, { hospital });
  await holder.query('ROLLBACK');
  await holder.end();
  (await refused).is(400, cannotAssign(hospital));
});
