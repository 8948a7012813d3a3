import { MembershipType } from '../../src/memberships/membership.entity.js';
import { useService } from '../support/service.js';

const service = useService();
const APPOINT = /appoint another ADMIN first/;

const medicPath = ({ id }: { id: number }) => `/medics/${String(id)}`;

/** @returns a hospital whose second ADMIN has been deactivated by the creator of that account */
async function givenDeactivatedSecond() {
  const { hospital, admin, adminship } = await service.given.hospital();
  const creator = await service.given.medic();
  const second = await service.given.medic({ createdById: creator.id });
  const secondship = await service.given.membership(second, hospital, { type: MembershipType.ADMIN, isActive: true });
  (await creator.patch(medicPath(second), { is_active: false })).is(202);
  return { hospital, admin, adminship, creator, second, secondship };
}

describe('An ADMIN with a deactivated account', () => {
  test('the last ADMIN with an active account cannot step down, leave or be removed', async () => {
    const { hospital, admin, adminship } = await givenDeactivatedSecond();
    (await admin.changeMembership(adminship, { type_membership: 'MEMBER' })).isConflict(APPOINT);
    (await admin.changeMembership(adminship, { is_deleted: true })).isConflict(APPOINT);
    (await admin.removeMembership(adminship)).isConflict(APPOINT);
    (await admin.patch(medicPath(admin), { is_admin_membership: false })).isConflict(APPOINT);
    (await admin.patch(medicPath(admin), { hospital, is_admin_membership: false })).isConflict(APPOINT);
  });

  test('a deactivated ADMIN counts as an ADMIN again once the account is activated', async () => {
    const { admin, adminship, creator, second } = await givenDeactivatedSecond();
    (await creator.patch(medicPath(second), { is_active: true })).is(202);
    (await admin.changeMembership(adminship, { type_membership: 'MEMBER' })).isCreated({ type_membership: 'MEMBER' });
  });

  test('an ADMIN with an active account can demote, restore and remove a deactivated ADMIN', async () => {
    const { admin, secondship } = await givenDeactivatedSecond();
    (await admin.changeMembership(secondship, { type_membership: 'MEMBER' })).isCreated({ type_membership: 'MEMBER' });
    (await admin.changeMembership(secondship, { type_membership: 'ADMIN' })).isCreated({ type_membership: 'ADMIN' });
    (await admin.removeMembership(secondship)).isCreated({ is_deleted: true });
  });

  test('the last ADMIN with an active account can be deactivated', async () => {
    const { admin, adminship, creator, hospital } = await givenDeactivatedSecond();
    (await admin.patch(medicPath(admin), { is_active: false })).is(202, { hospital, is_admin_membership: true });
    expect(await service.given.rowOf(adminship)).toMatchObject({ type: 'ADMIN', isDeleted: false });
    (await creator.get(`/hospital/${String(hospital)}`)).isNotFound();
  });
});
