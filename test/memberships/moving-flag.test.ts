import { OperatorMemberships } from '../../src/memberships/operator-memberships.js';
import { allEntries } from '../record/entries.js';
import type { Actor } from '../support/actor.js';
import { quieten } from '../support/quiet.js';
import { useService } from '../support/service.js';
import { add, day, flagsOf, givenMedic, givenTwo, startsOn } from './waiting.js';

const service = useService();
beforeAll(() => quieten(service));

describe('A flag that waits', () => {
  test.each([
    ['DELETE', (admin: Actor, id: number) => admin.removeMembership(id)],
    ['PATCH', (admin: Actor, id: number) => admin.changeMembership(id, { is_deleted: true })],
  ])('moves to the next membership that starts if its own is removed by %s, and back', async (_, remove) => {
    const { medic, one, three, flagged, second } = await givenTwo(service, 1, 3);
    const third = await service.given.membership(medic, three.hospital, startsOn(2));
    (await remove(one.admin, flagged)).isCreated({ is_deleted: true, is_active: true });
    expect(await flagsOf(service, second, third)).toEqual([false, true]);
    (await one.admin.changeMembership(flagged, { is_deleted: false })).isCreated({ is_active: true });
    expect(await flagsOf(service, flagged, second, third)).toEqual([true, false, false]);
  });

  test('stays where it is if one that starts later is removed, or restored', async () => {
    const { two, flagged, second } = await givenTwo(service, 1, 2);
    (await two.admin.removeMembership(second)).isCreated({ is_active: false });
    expect(await flagsOf(service, flagged)).toEqual([true]);
    (await two.admin.changeMembership(second, { is_deleted: false })).isCreated({ is_active: false });
    (await two.admin.removeMembership(second)).isCreated();
    const restoring = { is_deleted: false, is_active: true };
    (await two.admin.changeMembership(second, restoring)).isConflict(/not in force/);
    expect(await flagsOf(service, flagged, second)).toEqual([true, false]);
  });

  test('is no choice, so nobody clears it', async () => {
    const { medic, one, flagged } = await givenTwo(service, 1, 2);
    (await one.admin.changeMembership(flagged, { is_active: false })).isCreated({ is_active: true });
    (await medic.patch(`/medics/${String(medic.id)}`, { hospital: null })).is(202, { hospital: null });
    expect(await flagsOf(service, flagged)).toEqual([true]);
  });

  test('gives way to a hospital that the medic gets in a PATCH of the medic', async () => {
    const { medic, two, flagged, second } = await givenTwo(service, 1, 2);
    const owned = await service.given.medic({ createdById: two.admin.id });
    const waiting = await service.given.membership(owned, two.hospital, { ...startsOn(1), isActive: true });
    const other = await service.given.emptyHospital();
    await service.given.membership(owned, other, { isActive: false });
    (await owned.patch(`/medics/${String(owned.id)}`, { hospital: other })).is(202, { hospital: other });
    expect(await flagsOf(service, waiting)).toEqual([false]);
    (await medic.patch(`/medics/${String(medic.id)}`, { hospital: two.hospital })).is(400);
    expect(await flagsOf(service, flagged, second)).toEqual([true, false]);
  });

  test('moves in entries of the membership that gets it and of the one that loses it, by the caller', async () => {
    const { one, two, flagged, second } = await givenTwo(service, 2, 3);
    const since = (await allEntries(service.dataSource)).length;
    const options = { headers: { 'x-request-id': 'move-1' } };
    (await two.admin.changeMembership(second, { valid_from: day(1) }, options)).isCreated();
    (await two.admin.removeMembership(second, { headers: { 'x-request-id': 'move-2' } })).isCreated();
    const entries = (await allEntries(service.dataSource)).slice(since);
    const seen = entries.map(({ type, membership, after, actor, request }) => {
      const { is_active } = after as { is_active: boolean };
      return { type, membership, is_active, actor: (actor as { id?: number }).id, request };
    });
    const by = { actor: two.admin.id };
    const changed = { ...by, type: 'membership.changed' };
    expect(seen).toEqual([
      { ...changed, membership: flagged, is_active: false, request: 'move-1' },
      { ...changed, membership: second, is_active: true, request: 'move-1' },
      { ...by, type: 'membership.removed', membership: second, is_active: true, request: 'move-2' },
      { ...changed, membership: flagged, is_active: true, request: 'move-2' },
    ]);
    const history = await one.admin.get(`/management/memberships/${String(flagged)}/history/`);
    history.isOk({ count: 3 });
  });
});

describe('The flag of a live membership', () => {
  test('goes to no other when that one is removed: nobody is chosen', async () => {
    const { medic, one, two } = await givenMedic(service);
    const live = await add(one, medic, {});
    const later = await add(two, medic, { valid_from: day(1) });
    (await one.admin.removeMembership(live)).isCreated();
    expect(await flagsOf(service, later)).toEqual([false]);
  });

  test('waits with the membership that starts first once its own starts later and none is live', async () => {
    const { medic, one, two } = await givenMedic(service);
    const live = await add(one, medic, {});
    const later = await add(two, medic, { valid_from: day(2) });
    (await one.admin.changeMembership(live, { valid_from: day(1) })).isCreated({ is_active: true });
    expect(await flagsOf(service, live, later)).toEqual([true, false]);
    (await one.admin.changeMembership(live, { valid_from: null })).isCreated({ is_active: true });
    (await one.admin.changeMembership(live, { valid_from: day(3) })).isCreated({ is_active: false });
    expect(await flagsOf(service, live, later)).toEqual([false, true]);
  });

  test('stays with its membership when that starts later beside a live one, until none is live', async () => {
    const { medic, one, two, three } = await givenMedic(service);
    const chosen = await add(one, medic, {});
    const live = await add(two, medic, {});
    const later = await add(three, medic, { valid_from: day(1) });
    (await one.admin.changeMembership(chosen, { valid_from: day(2) })).isCreated({ is_active: true });
    expect(await flagsOf(service, chosen, live, later)).toEqual([true, false, false]);
    (await two.admin.removeMembership(live)).isCreated();
    expect(await flagsOf(service, chosen, live, later)).toEqual([false, false, true]);
  });

  test('is cleared by a later start and is_active false only for those who may choose', async () => {
    const { medic, one, two } = await givenMedic(service);
    const live = await add(one, medic, {});
    await add(two, medic, {});
    const change = { valid_from: day(1), is_active: false };
    (await one.admin.changeMembership(live, change)).isConflict(/active hospital/);
    expect(await flagsOf(service, live)).toEqual([true]);
  });
});

describe('Other ways of writing follow the same rule', () => {
  test('a bulk request that restores the membership that starts first', async () => {
    const { medic, two, flagged, second } = await givenTwo(service, 2, 3);
    await service.dataSource.query('UPDATE membership SET is_deleted = true, valid_from = $2 WHERE id = $1', [
      second,
      day(1),
    ]);
    const memberships = [{ medic: medic.id, restore: true }];
    const body = { hospital: two.hospital, memberships };
    (await two.admin.post('/management/memberships/bulk/', body)).isOk({ restored: 1 });
    expect(await flagsOf(service, flagged, second)).toEqual([false, true]);
  });

  test('a bulk request that restores one while the flag waits behind the first start', async () => {
    const { medic, three, flagged, second } = await givenTwo(service, 3, 1);
    const third = await service.given.membership(medic, three.hospital, { ...startsOn(2), isDeleted: true });
    const body = { hospital: three.hospital, memberships: [{ medic: medic.id, restore: true }] };
    (await three.admin.post('/management/memberships/bulk/', body)).isOk({ restored: 1 });
    expect(await flagsOf(service, flagged, second, third)).toEqual([false, true, false]);
  });

  test("the operator's set, which makes one live, and remove", async () => {
    const { medic, one, two, flagged, second } = await givenTwo(service, 1, 2);
    const operator = new OperatorMemberships(service.dataSource);
    await operator.remove({ medicId: medic.id, hospitalId: one.hospital }, false);
    expect(await flagsOf(service, second)).toEqual([true]);
    expect((await allEntries(service.dataSource)).at(-1)).toMatchObject({
      type: 'membership.changed',
      membership: second,
      actor: { type: 'operator' },
    });
    await operator.set(
      { medicId: medic.id, hospitalId: one.hospital },
      (await service.given.rowOf(flagged)).type,
      false,
    );
    expect(await flagsOf(service, flagged, second)).toEqual([true, false]);
    (await medic.get('/medics/me/')).isOk({ hospital: one.hospital });
    (await two.admin.get(`/management/memberships/${String(second)}`)).isOk({ is_active: false });
  });
});
