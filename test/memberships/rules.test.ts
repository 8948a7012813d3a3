import { MembershipType } from '../../src/memberships/membership.entity.js';
import { useService } from '../support/service.js';

const service = useService();
const APPOINT = /appoint another ADMIN first/;

const pathOf = (id: number) => `/management/memberships/${String(id)}`;

describe('Rule 1: one membership for a medic and a hospital', () => {
  test('repeating a creation is a conflict that names the existing membership', async () => {
    const { hospital, admin, outsider } = await service.given.hospital();
    const { id } = (await admin.addMember(hospital, outsider)).isCreated().body();
    (await admin.addMember(hospital, outsider)).is(409, { membership: id });
    (await admin.addMember(hospital, outsider, { is_active: false })).is(409, { membership: id });
  });

  test("restoring a removed medic's membership keeps its id and date_joined", async () => {
    const { hospital, admin, member, membership } = await service.given.hospital();
    const { date_joined } = (await admin.get(pathOf(membership))).body();
    (await admin.removeMembership(membership)).isCreated({ date_joined });
    (await admin.addMember(hospital, member)).is(409, { membership });
    (await admin.changeMembership(membership, { is_deleted: false })).isCreated({ id: membership, date_joined });
    (await member.get(pathOf(membership))).isOk({ date_joined });
  });
});

describe('Rule 2: a hospital never loses its last live ADMIN', () => {
  test.each<[string, object]>([
    ['a change of type cannot demote the last ADMIN', { type_membership: 'MEMBER' }],
    ['is_deleted true cannot remove the last ADMIN', { is_deleted: true }],
    [
      'is_deleted true with a change of type cannot remove the last ADMIN',
      { type_membership: 'MEMBER', is_deleted: true },
    ],
    [
      'is_deleted true with an unchanged type cannot remove the last ADMIN',
      { type_membership: 'ADMIN', is_deleted: true },
    ],
  ])('%s', async (_, change) => {
    const { admin, adminship } = await service.given.hospital();
    (await admin.changeMembership(adminship, change)).isConflict(APPOINT);
  });

  test('the last ADMIN cannot leave', async () => {
    const { admin, adminship } = await service.given.hospital();
    (await admin.removeMembership(adminship)).isConflict(APPOINT);
  });

  test('a deleted ADMIN, a MEMBER and an ADMIN of another hospital do not count as another ADMIN', async () => {
    const { given } = service;
    const { hospital, admin, adminship, stranger } = await given.hospital();
    await given.membership(await given.medic(), hospital, { type: MembershipType.ADMIN, isDeleted: true });
    await given.membership(stranger, hospital);
    (await admin.removeMembership(adminship)).isConflict(APPOINT);
    (await admin.changeMembership(adminship, { type_membership: 'MEMBER' })).isConflict(APPOINT);
  });

  test('the last ADMIN can step down after appointing another ADMIN', async () => {
    const { admin, adminship, member, membership } = await service.given.hospital();
    (await admin.changeMembership(membership, { type_membership: 'ADMIN' })).isCreated();
    (await admin.changeMembership(adminship, { type_membership: 'MEMBER' })).isCreated({ type_membership: 'MEMBER' });
    (await member.removeMembership(membership)).isConflict(APPOINT);
  });

  test('one of two ADMINs can remove the other, and is then the last ADMIN', async () => {
    const { admin, adminship, member, membership } = await service.given.hospital();
    (await admin.changeMembership(membership, { type_membership: 'ADMIN' })).isCreated();
    (await member.removeMembership(adminship)).isCreated({ is_deleted: true });
    (await member.changeMembership(membership, { is_deleted: true })).isConflict(APPOINT);
  });

  test('a change that keeps the last ADMIN an ADMIN is accepted', async () => {
    const { admin, adminship } = await service.given.hospital();
    (await admin.changeMembership(adminship, { type_membership: 'ADMIN', is_deleted: false })).isCreated();
    (await admin.changeMembership(adminship, { is_active: false })).isCreated({ is_active: false });
  });

  test('the last MEMBER of a hospital without an ADMIN may leave', async () => {
    const medic = await service.given.medic();
    const membership = await service.given.membership(medic, await service.given.emptyHospital());
    (await medic.removeMembership(membership)).isCreated({ is_deleted: true });
  });
});

describe('A deleted membership', () => {
  /** @returns a hospital whose MEMBER was removed */
  async function removed() {
    const scene = await service.given.hospital();
    (await scene.admin.removeMembership(scene.membership)).isCreated({ is_deleted: true, is_active: true });
    return scene;
  }

  test.each<[string, object]>([
    ['type_membership', { type_membership: 'ADMIN' }],
    ['is_active', { is_active: false }],
    ['type_membership together with is_deleted true', { type_membership: 'ADMIN', is_deleted: true }],
  ])('a deleted membership must be restored before a change of %s', async (_, change) => {
    const { admin, membership } = await removed();
    (await admin.changeMembership(membership, change)).isConflict(/restore it first/);
    (await admin.changeMembership(membership, { is_deleted: false })).isCreated();
  });

  test('a deleted membership can be restored and changed in one request', async () => {
    const { admin, membership, member, hospital } = await removed();
    const change = { is_deleted: false, type_membership: 'ADMIN' };
    (await admin.changeMembership(membership, change)).isCreated(change);
    (await member.get(`/memberships/${String(hospital)}`)).isOk();
  });

  test('deleting a deleted membership again, or sending its present values, changes nothing', async () => {
    const { admin, membership } = await removed();
    const before = await service.client.rows();
    const same = { is_deleted: true, type_membership: 'Member', is_active: true };
    (await admin.changeMembership(membership, { is_deleted: true })).isCreated({ is_deleted: true });
    (await admin.changeMembership(membership, same)).isCreated({ is_deleted: true });
    expect(await service.client.rows()).toBe(before);
  });

  test('a restored membership keeps its type', async () => {
    const { given } = service;
    const { hospital, admin } = await given.hospital();
    const was = { type: MembershipType.ADMIN, isDeleted: true };
    const id = await given.membership(await given.medic(), hospital, was);
    (await admin.changeMembership(id, { is_deleted: false })).isCreated({ type_membership: 'ADMIN' });
  });
});

describe('Rule 5: who may change and remove', () => {
  test('an unknown id is a 404 for anyone, and a membership that the caller does not administer is a 401', async () => {
    const { adminship, member, membership, outsider, stranger } = await service.given.hospital();
    for (const actor of [member, outsider, stranger]) {
      (await actor.changeMembership(2147483647, {})).isNotFound();
      (await actor.removeMembership(2147483647)).isNotFound();
      (await actor.changeMembership(membership, {})).isRefused('Unauthorized Medic');
      (await actor.removeMembership(adminship)).isRefused('Unauthorized Medic');
    }
  });

  test('a MEMBER can delete, but not change, their own live membership', async () => {
    const { member, membership } = await service.given.hospital();
    (await member.changeMembership(membership, { is_active: false })).isRefused('Unauthorized Medic');
    (await member.removeMembership(membership)).isCreated({ is_deleted: true });
  });

  test('creating a membership grants no rights', async () => {
    const { hospital, admin, adminship, member, membership, outsider } = await service.given.hospital();
    const { id } = (await admin.addMember(hospital, outsider)).isCreated().body<{ id: number }>();
    (await admin.changeMembership(membership, { type_membership: 'ADMIN' })).isCreated();
    (await member.changeMembership(adminship, { type_membership: 'MEMBER' })).isCreated();
    (await admin.get(pathOf(id))).isNotFound();
    (await admin.changeMembership(id, { is_deleted: true })).isRefused('Unauthorized Medic');
    (await admin.removeMembership(id)).isRefused('Unauthorized Medic');
  });
});
