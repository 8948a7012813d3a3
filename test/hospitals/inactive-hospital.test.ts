import { MembershipType } from '../../src/memberships/membership.entity.js';
import { HOSPITAL } from '../support/bodies.js';
import { cannotAssign } from '../support/refusals.js';
import { useService } from '../support/service.js';

const service = useService();

const medicPath = ({ id }: { id: number }) => `/medics/${String(id)}`;

/** @returns an inactive hospital, which is the active hospital of both its medics */
async function givenInactive() {
  const scene = await service.given.hospital();
  const path = `/hospital/${String(scene.hospital)}`;
  (await scene.admin.patch(path, { is_active: false })).isCreated({ is_active: false });
  return { ...scene, path };
}

describe('An inactive hospital', () => {
  test('an inactive hospital is in no list of its MEMBERs, and their counts leave it out', async () => {
    const { hospital, member } = await givenInactive();
    (await member.get('/locations/')).isOk();
    expect((await member.get('/locations/')).json).toEqual([]);
    expect((await member.get('/locations/?limit=1')).json).toEqual([]);
    (await member.get('/hospital/')).isOk({ count: 0, results: [] });
    (await member.get('/hospital/?limit=1')).isOk({ count: 0, results: [] });
    const shown = await service.given.emptyHospital();
    await service.given.membership(member, shown);
    (await member.get('/hospital/')).isOk({ count: 1, results: [{ id: shown }] });
    expect((await member.get('/locations/')).isOk().json).toMatchObject([{ hospital: { id: shown }, default: false }]);
    expect(shown).not.toBe(hospital);
  });

  test('an inactive hospital is a 404 for its MEMBERs, whatever the body', async () => {
    const { member, path } = await givenInactive();
    (await member.get(path)).isNotFound();
    for (const body of [{ headline: 'New' }, { is_active: true }, { colour: 'blue' }, {}])
      (await member.patch(path, body)).isNotFound();
  });

  test('a MEMBER cannot choose an inactive hospital, even if it is their active one', async () => {
    const { hospital, member, membership } = await givenInactive();
    const body = { hospital_id: hospital };
    (await member.patch('/locations/update/', body)).isNotFound('Hospital not found');
    expect(await service.given.rowOf(membership)).toMatchObject({ isActive: true });
  });

  test('neither a MEMBER nor the creator of one can assign an inactive hospital with PATCH /medics/{id}', async () => {
    const { hospital, stranger } = await givenInactive();
    const created = await service.given.medic({ createdById: stranger.id });
    await service.given.membership(created, hospital);
    for (const caller of [created, stranger]) {
      for (const change of [{ hospital }, { hospital, name: 'New' }, { hospital, is_admin_membership: false }]) {
        const answer = (await caller.patch(medicPath(created), change)).is(400, cannotAssign(hospital));
        answer.isInvalid('hospital');
      }
    }
  });

  test('a MEMBER can leave an inactive hospital, and clear it as the active one', async () => {
    const { member, membership } = await givenInactive();
    (await member.patch(medicPath(member), { hospital: null })).is(202, { hospital: null });
    (await member.removeMembership(membership)).isCreated({ is_deleted: true });
  });

  test("an inactive hospital stays the MEMBER's active one, and in every list of memberships", async () => {
    const { hospital, admin, member, membership } = await givenInactive();
    (await member.get(medicPath(member))).isOk({ hospital, is_admin_membership: false });
    (await member.patch(medicPath(member), { name: 'New' })).is(202, { hospital });
    const own = { id: membership, hospital, is_active: true };
    (await member.get('/management/memberships/')).isOk({ count: 1, results: [own] });
    (await member.get(`/management/memberships/${String(membership)}`)).isOk(own);
    const listed = (await admin.get(`/memberships/${String(hospital)}`)).isOk().body<unknown[]>();
    expect(listed).toHaveLength(2);
  });

  test('ADMINs see, choose, assign and edit an inactive hospital and its memberships', async () => {
    const { hospital, admin, outsider, membership, path } = await givenInactive();
    (await admin.get(path)).isOk({ is_active: false, is_admin: true });
    (await admin.get('/hospital/')).isOk({ count: 1, results: [{ id: hospital, is_active: false }] });
    (await admin.get('/locations/')).isOk([{ hospital: { id: hospital }, default: true }]);
    (await admin.patch('/locations/update/', { hospital_id: hospital })).isOk();
    (await admin.patch(medicPath(admin), { hospital })).is(202, { hospital });
    (await admin.addMember(hospital, outsider)).isCreated();
    (await admin.changeMembership(membership, { is_active: false })).isConflict(/active hospital/);
    (await admin.patch(path, { headline: 'New' })).isCreated({ headline: 'New', is_active: false });
  });

  test('an ADMIN can assign an inactive hospital to a MEMBER whom they created', async () => {
    const { hospital, admin } = await givenInactive();
    const created = await service.given.medic({ createdById: admin.id });
    await service.given.membership(created, hospital);
    (await admin.patch(medicPath(created), { hospital })).is(202, { hospital });
  });

  test('an ADMIN of an inactive hospital and the creator of one can make it the active one', async () => {
    const { hospital, stranger } = await givenInactive();
    const second = await service.given.medic({ createdById: stranger.id });
    const secondship = await service.given.membership(second, hospital, { type: MembershipType.ADMIN });
    for (const caller of [second, stranger]) {
      (await caller.patch(medicPath(second), { hospital: null })).is(202, { hospital: null });
      (await caller.patch(medicPath(second), { hospital })).is(202, { hospital });
    }
    expect(await service.given.rowOf(secondship)).toMatchObject({ isActive: true });
  });

  test('an inactive hospital is shown to its MEMBERs again once it is active', async () => {
    const { hospital, admin, member, path } = await givenInactive();
    (await admin.patch(path, { is_active: true })).isCreated({ is_active: true });
    (await member.get(path)).isOk({ id: hospital, is_admin: false });
    (await member.patch(path, { headline: 'New' })).isRefused('Unauthorized Medic');
    (await member.get('/locations/')).isOk([{ hospital: { id: hospital }, default: true }]);
    (await member.patch('/locations/update/', { hospital_id: hospital })).isOk();
  });

  test('a MEMBER who creates an inactive hospital gets it in the response, and then a 404', async () => {
    const medic = await service.given.medic();
    const body = { ...HOSPITAL, is_active: false, is_admin: false };
    const { id } = (await medic.post('/hospital/', body)).isCreated({ is_active: false, is_admin: false }).body();
    (await medic.get(`/hospital/${String(id)}`)).isNotFound();
  });
});

describe('zip_code, location_lat and location_lon', () => {
  const LONG = { zipCode: '6'.repeat(40), locationLat: '2'.repeat(40), locationLon: '1'.repeat(40) };

  test('values stored under a longer limit do not prevent other changes', async () => {
    const admin = await service.given.medic();
    const hospital = await service.given.emptyHospital(LONG);
    await service.given.membership(admin, hospital, { type: MembershipType.ADMIN, isActive: true });
    const path = `/hospital/${String(hospital)}`;
    const stored = { zip_code: LONG.zipCode, location_lat: LONG.locationLat, location_lon: LONG.locationLon };
    (await admin.patch(path, { headline: 'New' })).isCreated({ headline: 'New', ...stored });
    (await admin.patch(path, { zip_code: LONG.zipCode })).isInvalid('zip_code');
    (await admin.patch(path, { zip_code: '6'.repeat(31) })).isCreated({ zip_code: '6'.repeat(31) });
  });
});
