import { MembershipType } from '../../src/memberships/membership.entity.js';
import type { Actor } from '../support/actor.js';
import { HOSPITAL } from '../support/bodies.js';
import { useService } from '../support/service.js';

const service = useService();
const CHOSEN = /only the medic, or the account that created the medic/;

/** @returns the active hospital in the medic's own list, or undefined */
async function activeOf(medic: Actor): Promise<number | undefined> {
  const locations = (await medic.get('/locations/')).isOk().body<{ hospital: { id: number }; default: boolean }[]>();
  const active = locations.filter((location) => location.default);
  expect(active.length).toBeLessThanOrEqual(1);
  return active[0]?.hospital.id;
}

/**
 * @returns a medic with two hospitals, the first active, and an ADMIN of both, who created the medic
 * if `byItsCreator`
 */
async function medicOfTwo({ byItsCreator }: { byItsCreator: boolean }) {
  const { given } = service;
  const admin = await given.medic();
  const medic = await given.medic(byItsCreator ? { createdById: admin.id } : {});
  const [first, second] = [await given.emptyHospital(), await given.emptyHospital()];
  await given.membership(admin, first, { type: MembershipType.ADMIN, isActive: true });
  await given.membership(admin, second, { type: MembershipType.ADMIN });
  const active = await given.membership(medic, first, { isActive: true });
  const other = await given.membership(medic, second);
  return { admin, medic, first, second, active, other };
}

describe('Rule 3: at most one live, active membership for each medic', () => {
  test.each([undefined, true, false])(
    "a medic's first membership becomes active, even if is_active is %j",
    async (sent) => {
      const { hospital, admin, outsider } = await service.given.hospital();
      (await admin.addMember(hospital, outsider, sent === undefined ? {} : { is_active: sent })).isCreated();
      expect(await activeOf(outsider)).toBe(hospital);
    },
  );

  test("a medic's first membership after all others were deleted becomes active", async () => {
    const { hospital, admin, member, membership, stranger } = await service.given.hospital();
    const { hospital: other } = (await stranger.get('/management/memberships/')).body<{
      results: [{ hospital: number }];
    }>().results[0];
    (await admin.removeMembership(membership)).isCreated();
    (await stranger.addMember(other, member, { is_active: false })).isCreated();
    expect(await activeOf(member)).toBe(other);
    expect(other).not.toBe(hospital);
  });

  test.each([undefined, false])('a second membership is not active if is_active is %j', async (sent) => {
    const { hospital, admin, stranger } = await service.given.hospital();
    const before = await activeOf(stranger);
    (await admin.addMember(hospital, stranger, sent === undefined ? {} : { is_active: sent })).isCreated();
    expect(await activeOf(stranger)).toBe(before);
  });

  test.each([undefined, false])(
    'if no hospital is chosen, another membership does not become active if is_active is %j',
    async (sent) => {
      const { hospital, admin, stranger } = await service.given.hospital();
      (await stranger.patch(`/medics/${String(stranger.id)}`, { hospital: null })).is(202);
      (await admin.addMember(hospital, stranger, sent === undefined ? {} : { is_active: sent })).isCreated();
      expect(await activeOf(stranger)).toBeUndefined();
    },
  );

  test('if no hospital is chosen, a hospital that the medic creates does not become active', async () => {
    const { stranger } = await service.given.hospital();
    (await stranger.patch(`/medics/${String(stranger.id)}`, { hospital: null })).is(202);
    (await stranger.post('/hospital/', HOSPITAL)).isCreated();
    expect(await activeOf(stranger)).toBeUndefined();
  });

  test('a deleted active membership keeps its flag, and no hospital is active until the medic chooses one', async () => {
    const { admin, medic, second, active, other } = await medicOfTwo({ byItsCreator: false });
    (await admin.removeMembership(active)).isCreated({ is_active: true, is_deleted: true });
    expect(await activeOf(medic)).toBeUndefined();
    (await medic.patch('/locations/update/', { hospital_id: second })).isOk();
    (await admin.get(`/management/memberships/${String(other)}`)).isOk({ is_active: true });
  });

  test('a restored membership stays active if no live membership is active', async () => {
    const { admin, medic, first, active } = await medicOfTwo({ byItsCreator: false });
    (await admin.removeMembership(active)).isCreated();
    (await admin.changeMembership(active, { is_deleted: false })).isCreated({ is_active: true });
    expect(await activeOf(medic)).toBe(first);
  });

  test('a restored membership is not active if a live membership is active', async () => {
    const { admin, medic, second, active } = await medicOfTwo({ byItsCreator: false });
    (await admin.removeMembership(active)).isCreated();
    (await medic.patch('/locations/update/', { hospital_id: second })).isOk();
    (await admin.changeMembership(active, { is_deleted: false })).isCreated({ is_active: false });
    expect(await activeOf(medic)).toBe(second);
  });

  test('an inactive membership becomes active when it is restored as the only live one', async () => {
    const { admin, medic, second, active, other } = await medicOfTwo({ byItsCreator: false });
    (await admin.removeMembership(active)).isCreated();
    (await admin.removeMembership(other)).isCreated({ is_active: false });
    (await admin.changeMembership(other, { is_deleted: false, is_active: false })).isCreated({ is_active: true });
    (await admin.removeMembership(other)).isCreated();
    (await admin.changeMembership(other, { is_deleted: false })).isCreated({ is_active: true });
    expect(await activeOf(medic)).toBe(second);
  });

  test('if no membership is active, anyone who may change a membership can make it active', async () => {
    const { admin, medic, second, active, other } = await medicOfTwo({ byItsCreator: false });
    (await admin.removeMembership(active)).isCreated();
    (await admin.changeMembership(other, { is_active: true })).isCreated({ is_active: true });
    expect(await activeOf(medic)).toBe(second);
  });
});

describe("Rule 4: only the medic, or the account that created it, changes the medic's choice", () => {
  test('another ADMIN can neither make another membership active nor clear the active one', async () => {
    const { admin, medic, first, active, other } = await medicOfTwo({ byItsCreator: false });
    (await admin.changeMembership(other, { is_active: true })).isConflict(CHOSEN);
    (await admin.changeMembership(active, { is_active: false })).isConflict(CHOSEN);
    (await admin.changeMembership(other, { is_active: true, type_membership: 'ADMIN' })).isConflict(CHOSEN);
    expect(await activeOf(medic)).toBe(first);
  });

  test('another ADMIN cannot activate a membership while creating or restoring it', async () => {
    const { admin, medic, other } = await medicOfTwo({ byItsCreator: false });
    (await admin.removeMembership(other)).isCreated();
    (await admin.changeMembership(other, { is_deleted: false, is_active: true })).isConflict(CHOSEN);
    const scene = await service.given.hospital();
    (await scene.admin.addMember(scene.hospital, medic, { is_active: true })).isConflict(CHOSEN);
  });

  test('sending the present value of is_active is not a change', async () => {
    const { admin, active, other } = await medicOfTwo({ byItsCreator: false });
    (await admin.changeMembership(active, { is_active: true })).isCreated({ is_active: true });
    (await admin.changeMembership(other, { is_active: false })).isCreated({ is_active: false });
  });

  test('the account that created the medic can choose the active hospital by a change, a creation or a restoration', async () => {
    const { admin, medic, first, second, active, other } = await medicOfTwo({ byItsCreator: true });
    (await admin.changeMembership(other, { is_active: true })).isCreated({ is_active: true });
    expect(await activeOf(medic)).toBe(second);
    (await admin.removeMembership(active)).isCreated();
    (await admin.changeMembership(active, { is_deleted: false, is_active: true })).isCreated({ is_active: true });
    expect(await activeOf(medic)).toBe(first);
    const third = await service.given.emptyHospital();
    await service.given.membership(admin, third, { type: MembershipType.ADMIN });
    (await admin.addMember(third, medic, { is_active: true })).isCreated();
    expect(await activeOf(medic)).toBe(third);
  });

  test('the account that created the medic can clear the active hospital', async () => {
    const { admin, medic, active } = await medicOfTwo({ byItsCreator: true });
    (await admin.changeMembership(active, { is_active: false })).isCreated({ is_active: false });
    expect(await activeOf(medic)).toBeUndefined();
  });

  test('the account that created the medic cannot change or remove the membership without the ADMIN right', async () => {
    const creator = await service.given.medic();
    const medic = await service.given.medic({ createdById: creator.id });
    const membership = await service.given.membership(medic, await service.given.emptyHospital(), { isActive: true });
    (await creator.changeMembership(membership, { is_active: false })).isRefused('Unauthorized Medic');
    (await creator.removeMembership(membership)).isRefused('Unauthorized Medic');
  });

  test('a medic who is an ADMIN chooses the active hospital through their own membership', async () => {
    const { admin, second } = await medicOfTwo({ byItsCreator: false });
    const { id } = (await admin.get(`/management/memberships/?hospital=${String(second)}`)).body<{
      results: [{ id: number }];
    }>().results[0];
    (await admin.changeMembership(id, { is_active: true })).isCreated({ is_active: true });
    expect(await activeOf(admin)).toBe(second);
    (await admin.changeMembership(id, { is_active: false })).isCreated({ is_active: false });
    expect(await activeOf(admin)).toBeUndefined();
  });

  test("removing an inactive membership leaves the medic's active hospital unchanged", async () => {
    const { admin, medic, first, other } = await medicOfTwo({ byItsCreator: false });
    (await admin.removeMembership(other)).isCreated({ is_active: false });
    expect(await activeOf(medic)).toBe(first);
  });
});
