import { castOf, NOT_ADMINS } from '../support/actors.js';
import { HOSPITAL } from '../support/bodies.js';
import { NO_IDS, refusesBadKeys } from '../support/refusals.js';
import { useService } from '../support/service.js';

const service = useService();

const pathOf = (id: number) => `/management/memberships/${String(id)}`;

describe('PATCH /management/memberships/{id}', () => {
  refusesBadKeys(service, 'PATCH', async () => {
    const { admin, membership } = await service.given.hospital();
    return { actor: admin, path: pathOf(membership), body: { type_membership: 'ADMIN' } };
  });

  test.each(NOT_ADMINS)('%s cannot change any membership, live or deleted', async (_, who) => {
    const cast = await castOf(service);
    for (const id of [cast.membership, cast.adminship, cast.formerAdminship, cast.removedMembership])
      (await cast[who].changeMembership(id, { type_membership: 'ADMIN' })).isRefused('Unauthorized Medic');
  });

  test('a MEMBER can neither promote themselves nor change or remove their own membership with PATCH', async () => {
    const { member, membership } = await service.given.hospital();
    for (const change of [
      { type_membership: 'ADMIN' },
      { is_active: false },
      { is_deleted: true },
      {},
      { colour: 'blue' },
    ])
      (await member.changeMembership(membership, change)).isRefused('Unauthorized Medic');
  });

  test('a medic who was removed cannot restore their own membership', async () => {
    const { removedMember, removedMembership } = await castOf(service);
    (await removedMember.changeMembership(removedMembership, { is_deleted: false })).isRefused('Unauthorized Medic');
  });

  test.each(NO_IDS)('PATCH responds to the id %s with 404', async (id) => {
    const { admin, outsider } = await service.given.hospital();
    (await admin.patch(`/management/memberships/${id}`, { type_membership: 'ADMIN' })).isNotFound();
    (await outsider.patch(`/management/memberships/${id}`, { colour: 'blue' })).isNotFound();
  });

  test('an ADMIN promotes and demotes, and the response equals that of GET', async () => {
    const { admin, member, membership } = await service.given.hospital();
    for (const [sent, type_membership] of [
      ['admin', 'ADMIN'],
      ['Member', 'MEMBER'],
    ]) {
      const answer = (await admin.changeMembership(membership, { type_membership: sent })).isCreated({
        type_membership,
      });
      expect((await member.get(pathOf(membership))).isOk().json).toEqual(answer.json);
    }
  });

  test('a promotion and a demotion take effect at once', async () => {
    const { hospital, admin, adminship, member, membership, outsider } = await service.given.hospital();
    (await admin.changeMembership(membership, { type_membership: 'ADMIN' })).isCreated();
    (await member.changeMembership(adminship, { type_membership: 'MEMBER' })).isCreated();
    (await admin.addMember(hospital, outsider)).isRefused('Unauthorized Medic');
    (await member.addMember(hospital, outsider)).isCreated();
  });

  test('is_deleted removes and restores a membership, and absent fields stay unchanged', async () => {
    const { hospital, admin, member, membership } = await service.given.hospital();
    const before = (await member.get(pathOf(membership))).json;
    (await admin.changeMembership(membership, { is_deleted: true })).isCreated({ is_deleted: true, is_active: true });
    (await member.get(`/hospital/${String(hospital)}`)).isNotFound();
    (await admin.changeMembership(membership, { is_deleted: false })).isCreated({ is_deleted: false });
    expect((await member.get(pathOf(membership))).isOk().json).toEqual(before);
  });

  test.each<[string, unknown, Record<string, string>?]>([
    ['no body', undefined],
    ['no body under a JSON content type', '', { 'content-type': 'application/json' }],
    ['an empty object', {}],
    ['an empty form', new URLSearchParams()],
  ])('PATCH with %s changes nothing and responds as usual', async (_, body, headers = {}) => {
    const { admin, membership } = await service.given.hospital();
    const before = await service.client.rows();
    const answer = (await admin.patch(pathOf(membership), body, { headers })).isCreated({ id: membership });
    expect((await admin.get(pathOf(membership))).json).toEqual(answer.json);
    expect(await service.client.rows()).toBe(before);
  });

  test('PATCH accepts the object that GET returns, live or deleted, and changes nothing', async () => {
    const { admin, membership, removedMembership } = await castOf(service);
    for (const id of [membership, removedMembership]) {
      const read = (await admin.get(pathOf(id))).isOk().json;
      const before = await service.client.rows();
      expect((await admin.changeMembership(id, read)).isCreated().json).toEqual(read);
      expect(await service.client.rows()).toBe(before);
    }
  });

  test('PATCH accepts and ignores id and date_joined', async () => {
    const { admin, membership } = await service.given.hospital();
    const { json } = await admin.get(pathOf(membership));
    const sent = { id: 1, date_joined: '1999-01-01T00:00:00.000000Z', is_deleted: false };
    expect((await admin.changeMembership(membership, sent)).isCreated().json).toEqual(json);
  });

  test('PATCH accepts the present medic and hospital as ids, digits or a nested medic', async () => {
    const { hospital, admin, member, membership } = await service.given.hospital();
    const medics = [member.id, String(member.id), { id: member.id }, { id: member.id, name: 'Other', email: 'o@x.mx' }];
    for (const medic of medics) (await admin.changeMembership(membership, { medic })).isCreated();
    for (const same of [hospital, String(hospital)])
      (await admin.changeMembership(membership, { hospital: same })).isCreated({ hospital });
  });

  test('PATCH accepts form bodies and trailing slashes', async () => {
    const { admin, member, membership } = await service.given.hospital();
    const form = new URLSearchParams({ type_membership: 'admin', medic: String(member.id), is_deleted: '0' });
    (await admin.patch(`${pathOf(membership)}/`, form)).isCreated({ type_membership: 'ADMIN' });
  });
});

describe('PATCH /management/memberships/{id} rejects', () => {
  test('a membership cannot be moved to another medic or hospital, and the errors name each field', async () => {
    const { hospital, admin, membership, outsider } = await service.given.hospital();
    (await admin.changeMembership(membership, { medic: outsider.id })).isInvalid('medic');
    (await admin.changeMembership(membership, { medic: { id: outsider.id } })).isInvalid('medic');
    (await admin.changeMembership(membership, { medic: 2147483647 })).isInvalid('medic');
    (await admin.changeMembership(membership, { hospital: hospital + 1 })).isInvalid('hospital');
    const both = { medic: outsider.id, hospital: hospital + 1, type_membership: 'ADMIN' };
    const sentence = 'Cannot be changed; create another membership and remove this one.';
    const answer = await admin.changeMembership(membership, both);
    answer.isInvalid('medic', 'hospital').is(400, { errors: { medic: [sentence], hospital: [sentence] } });
  });

  test('a membership cannot be moved to another hospital that the caller administers', async () => {
    const { admin, membership } = await service.given.hospital();
    const { id: hospital } = (await admin.post('/hospital/', HOSPITAL)).isCreated().body<{ id: number }>();
    (await admin.changeMembership(membership, { hospital })).isInvalid('hospital');
  });

  test.each<[string, unknown]>([
    ['medic', null],
    ['medic', {}],
    ['medic', { id: null }],
    ['medic', 'x'],
    ['medic', []],
    ['hospital', null],
    ['hospital', 0],
    ['hospital', { id: 1 }],
    ['type_membership', null],
    ['type_membership', 'OWNER'],
    ['type_membership', ''],
    ['type_membership', ['ADMIN']],
    ['is_active', null],
    ['is_active', 'yes'],
    ['is_deleted', null],
    ['is_deleted', 2],
    ['is_deleted', ''],
    ['typo_membership', 'ADMIN'],
    ['constructor', 'ADMIN'],
  ])('PATCH rejects %s: %j', async (field, value) => {
    const { admin, membership } = await service.given.hospital();
    (await admin.changeMembership(membership, { [field]: value })).isInvalid(field);
  });

  test('every invalid field is reported at once, by name', async () => {
    const { admin, membership } = await service.given.hospital();
    const change = { type_membership: 'X', is_active: 'X', is_deleted: 'X', colour: 'X' };
    (await admin.changeMembership(membership, change)).isInvalid(
      'type_membership',
      'is_active',
      'is_deleted',
      'colour',
    );
  });

  test('an invalid field is reported before a conflict with the present state', async () => {
    const { admin, adminship } = await service.given.hospital();
    const change = { type_membership: 'MEMBER', is_active: 'maybe' };
    (await admin.changeMembership(adminship, change)).isInvalid('is_active');
  });
});
