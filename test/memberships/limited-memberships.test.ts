import { MembershipType } from '../../src/memberships/membership.entity.js';
import { answerTo, question } from '../decisions/decisions.js';
import type { Actor } from '../support/actor.js';
import { fromNow, givenLimited, passing } from '../support/limits.js';
import { quieten } from '../support/quiet.js';
import { useService } from '../support/service.js';
import { givenService } from '../support/services.js';

const service = useService();
// Nothing but the clock of the database starts and ends memberships here.
beforeAll(() => quieten(service));

const HOUR = '1 hour';
const pathOf = (id: number) => `/management/memberships/${String(id)}`;
const at = (interval: string) => fromNow(service.dataSource, interval);
const idsOf = (rows: { id: number }[]) => rows.map(({ id }) => id);

async function add(admin: Actor, hospital: number, medic: Actor, limits: object): Promise<number> {
  return (await admin.addMember(hospital, medic, limits)).isCreated().body<{ id: number }>().id;
}

async function ownOf(medic: Actor): Promise<number[]> {
  return idsOf((await medic.get('/management/memberships/')).isOk().body<{ results: { id: number }[] }>().results);
}

describe('The object', () => {
  test('a limited membership shows both limits to the microsecond, wherever it is shown', async () => {
    const { hospital, admin, outsider } = await service.given.hospital();
    const id = await add(admin, hospital, outsider, { valid_until: '2999-12-31T23:59:59.123456+01:00' });
    const limits = { valid_from: null, valid_until: '2999-12-31T22:59:59.123456Z' };
    (await outsider.get(pathOf(id))).isOk({ id, ...limits });
    (await outsider.get('/management/memberships/')).isOk({ results: [expect.objectContaining({ id, ...limits })] });
    for (const path of ['/management/memberships/?managed=true', `/memberships/${String(hospital)}`]) {
      const body = (await admin.get(path)).isOk().body<object[] | { results: object[] }>();
      expect(Array.isArray(body) ? body : body.results).toContainEqual(expect.objectContaining({ id, ...limits }));
    }
    (await admin.changeMembership(id, { type_membership: 'ADMIN' })).isCreated(limits);
    (await admin.removeMembership(id)).isCreated({ ...limits, is_deleted: true });
  });

  test('a membership without limits does not show them, also after they were removed', async () => {
    const { hospital, admin, adminship, outsider } = await service.given.hospital();
    const id = await add(admin, hospital, outsider, { valid_from: await at('-1 hour'), valid_until: await at(HOUR) });
    (await admin.changeMembership(id, { valid_from: null })).isCreated({ valid_from: null });
    const body = (await admin.changeMembership(id, { valid_until: null })).isCreated().body<object>();
    expect(Object.keys(body)).toEqual(Object.keys((await admin.get(pathOf(adminship))).body<object>()));
    expect(body).not.toHaveProperty('valid_from');
    expect(body).not.toHaveProperty('valid_until');
  });
});

describe('Wrong limits are refused', () => {
  test.each([
    [{ valid_until: 'tomorrow' }, 'valid_until'],
    [{ valid_from: '2026-11-28T01:12:12.1234567Z' }, 'valid_from'],
    [{ valid_until: '2020-01-01T00:00:00Z' }, 'valid_until'],
    [{ valid_from: '2999-01-02T00:00:00Z', valid_until: '2999-01-01T00:00:00Z' }, 'valid_until'],
    [{ valid_from: '2999-01-01T00:00:00Z', valid_until: '2999-01-01T00:00:00Z' }, 'valid_until'],
  ])('%j', async (limits, field) => {
    const { hospital, admin, outsider, membership } = await service.given.hospital();
    (await admin.addMember(hospital, outsider, limits)).is(400, { errors: { [field]: [expect.any(String)] } });
    (await admin.changeMembership(membership, limits)).is(400, { errors: { [field]: [expect.any(String)] } });
  });

  test('a start after the stored end names valid_from', async () => {
    const { admin, membership } = await service.given.hospital();
    (await admin.changeMembership(membership, { valid_until: '2999-01-01T00:00:00Z' })).isCreated();
    (await admin.changeMembership(membership, { valid_from: '2999-06-01T00:00:00Z' })).is(400, {
      errors: { valid_from: [expect.any(String)] },
    });
  });

  test('a membership that has ended is restored only with another end', async () => {
    const { hospital, admin, outsider } = await service.given.hospital();
    const ended = await service.given.membership(outsider, hospital, { validUntil: new Date(0), isDeleted: true });
    (await admin.changeMembership(ended, { is_deleted: false })).is(400, {
      errors: { valid_until: [expect.stringMatching(/send a valid_until in the future/)] },
    });
    (await admin.changeMembership(ended, { is_deleted: false, valid_until: null })).isCreated({ is_deleted: false });
  });
});

describe('Outside its time a membership counts as not live', () => {
  test.each([
    ['ended', { validUntil: new Date(0) }],
    ['not started', { validFrom: new Date('2999-01-01') }],
  ])('%s: nothing that a medic does works by it', async (_, limits) => {
    const { given } = service;
    const { hospital, admin, outsider } = await given.hospital();
    const id = await given.membership(outsider, hospital, { ...limits, type: MembershipType.ADMIN, isActive: true });
    (await outsider.get(pathOf(id))).isNotFound();
    expect(await ownOf(outsider)).toEqual([]);
    (await outsider.get('/management/memberships/?in_force=false')).isOk({ count: 0 });
    (await outsider.get('/management/memberships/?managed=true')).isOk({ count: 0 });
    (await outsider.get('/locations/')).isOk([]);
    (await outsider.get('/hospital/')).isOk({ count: 0 });
    (await outsider.get(`/hospital/${String(hospital)}`)).isNotFound();
    (await outsider.get('/medics/me/')).isOk({ hospital: null, is_admin_membership: null });
    (await outsider.get(`/memberships/${String(hospital)}`)).isRefused('Unauthorized Medic');
    (await outsider.get(`${pathOf(id)}/history/`)).isNotFound();
    (await outsider.patch('/locations/update/', { hospital_id: hospital })).isNotFound('Hospital not found');
    (await outsider.addMember(hospital, await given.medic())).isRefused('Unauthorized Medic');
    (await outsider.changeMembership(id, { valid_until: null })).isRefused('Unauthorized Medic');
    (await outsider.patch(`/hospital/${String(hospital)}`, { name: 'x' })).isNotFound();
    (await outsider.removeMembership(id)).isNotFound();
    const asker = await givenService(service);
    for (const action of ['prescribe', 'administer'])
      expect(await answerTo(asker, question(outsider.id, hospital, action))).toMatchObject({
        decision: false,
        context: { reason: 'not_a_member' },
      });
    (await admin.get(pathOf(id))).isOk({ id });
    (await admin.addMember(hospital, outsider)).is(409, { membership: id });
  });

  test('from the instant of its end on every decision and right is refused, although nothing has recorded the end', async () => {
    const { hospital, outsider } = await service.given.hospital();
    const asker = await givenService(service);
    const limits = { type: 'ADMIN', until: '700 milliseconds' };
    const { id, until: end } = await givenLimited(service.dataSource, outsider, hospital, limits);
    const until = end ?? '';
    const before = await answerTo(asker, question(outsider.id, hospital, 'administer'));
    expect(before.decision).toBe((before.context.evaluated_at ?? '') < until);
    await passing(service.dataSource, until);
    expect((await answerTo(asker, question(outsider.id, hospital, 'administer'))).decision).toBe(false);
    (await outsider.get(`/memberships/${String(hospital)}`)).isRefused('Unauthorized Medic');
    (await outsider.get(pathOf(id))).isNotFound();
    expect(await answerTo(asker, question(outsider.id, hospital, 'prescribe', { as_of: until }))).toMatchObject({
      decision: false,
    });
    const types = `SELECT type FROM record_inbox WHERE membership = $1 UNION ALL
      SELECT type FROM record_entry WHERE membership = $1`;
    expect(await service.dataSource.query(types, [id])).toEqual([{ type: 'membership.created' }]);
  });

  test('an ADMIN extends a membership that has ended, and removes one', async () => {
    const { hospital, admin, outsider, stranger } = await service.given.hospital();
    const ended = await service.given.membership(outsider, hospital, { validUntil: new Date(0) });
    (await admin.changeMembership(ended, { valid_until: await at(HOUR) })).isCreated({ is_active: true });
    (await outsider.get(pathOf(ended))).isOk();
    const other = await service.given.membership(stranger, hospital, { validUntil: new Date(0) });
    (await admin.removeMembership(other)).isCreated({ is_deleted: true });
    (await admin.removeMembership(other)).isNotFound();
  });
});

describe('Rule 2 counts ADMINs without an end', () => {
  test('the last ADMIN without an end cannot be given one, start later, or step down', async () => {
    const { hospital, admin, adminship, outsider } = await service.given.hospital();
    await add(admin, hospital, outsider, { type_membership: 'ADMIN', valid_until: await at(HOUR) });
    for (const change of [
      { valid_until: await at(HOUR) },
      { valid_from: await at(HOUR) },
      { type_membership: 'MEMBER' },
      { is_deleted: true },
    ])
      (await admin.changeMembership(adminship, change)).isConflict(/last ADMIN/);
    (await outsider.changeMembership(adminship, { type_membership: 'MEMBER' })).isConflict(/last ADMIN/);
    (await outsider.removeMembership(adminship)).isConflict(/last ADMIN/);
    (await admin.removeMembership(adminship)).isConflict(/last ADMIN/);
  });

  test('an ADMIN with an end steps down, is demoted or removed like a MEMBER', async () => {
    const { hospital, admin, outsider, stranger } = await service.given.hospital();
    const first = await add(admin, hospital, outsider, { type_membership: 'ADMIN', valid_until: await at(HOUR) });
    const second = await add(admin, hospital, stranger, { type_membership: 'ADMIN', valid_until: await at(HOUR) });
    (await outsider.changeMembership(second, { type_membership: 'MEMBER' })).isCreated({ type_membership: 'MEMBER' });
    (await outsider.removeMembership(first)).isCreated();
  });

  test('once there is another ADMIN without an end, an ADMIN can be given one', async () => {
    const { admin, adminship, membership } = await service.given.hospital();
    (await admin.changeMembership(membership, { type_membership: 'ADMIN' })).isCreated();
    (await admin.changeMembership(adminship, { valid_until: await at(HOUR) })).isCreated();
  });
});

describe('Rules 3 and 4 know only memberships in force', () => {
  test.each([
    ['ended', { validUntil: new Date(0) }],
    ['not started', { validFrom: new Date('2999-01-01') }],
  ])('%s: the flag counts as none, and the next membership takes it', async (_, limits) => {
    const { given } = service;
    const [one, two] = [await given.hospital(), await given.hospital()];
    const medic = await given.medic();
    const flagged = await given.membership(medic, one.hospital, { ...limits, isActive: true });
    const id = await add(two.admin, two.hospital, medic, {});
    (await medic.get(pathOf(id))).isOk({ is_active: true });
    expect(await given.rowOf(flagged)).toMatchObject({ isActive: false });
  });

  test('the medic chooses another hospital after the active one has ended', async () => {
    const { given } = service;
    const [one, two] = [await given.hospital(), await given.hospital()];
    const medic = await given.medic();
    const flagged = await given.membership(medic, one.hospital, { validUntil: new Date(0), isActive: true });
    const id = await given.membership(medic, two.hospital);
    (await medic.get('/medics/me/')).isOk({ hospital: null });
    // Nobody has chosen, so an ADMIN may.
    (await two.admin.changeMembership(id, { is_active: true })).isCreated({ is_active: true });
    (await one.admin.changeMembership(flagged, { valid_until: null })).isCreated({ is_active: false });
    (await medic.patch('/locations/update/', { hospital_id: one.hospital })).isOk();
    (await medic.get('/medics/me/')).isOk({ hospital: one.hospital });
  });

  test('a first membership that starts later waits for its start with the flag, one beside a live one does not', async () => {
    const { given } = service;
    const [one, two] = [await given.hospital(), await given.hospital()];
    const later = { valid_from: '2999-01-01T00:00:00Z' };
    const first = await add(one.admin, one.hospital, one.outsider, later);
    (await one.admin.get(pathOf(first))).isOk({ is_active: true });
    const beside = await add(two.admin, two.hospital, one.member, later);
    (await two.admin.get(pathOf(beside))).isOk({ is_active: false });
    (await two.admin.changeMembership(beside, { is_active: true })).isConflict(/not in force/);
    (await one.member.get('/medics/me/')).isOk({ hospital: one.hospital });
  });

  test('a first membership is the active one from its start on', async () => {
    const { hospital, outsider } = await service.given.hospital();
    const { from } = await givenLimited(service.dataSource, outsider, hospital, { from: '300 milliseconds' });
    await passing(service.dataSource, from ?? '');
    (await outsider.get('/medics/me/')).isOk({ hospital });
    (await outsider.get('/locations/')).isOk([expect.objectContaining({ default: true })]);
  });
});
