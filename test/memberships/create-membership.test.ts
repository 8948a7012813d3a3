import { castOf, NOT_ADMINS } from '../support/actors.js';
import { NO_IDS, refusesBadKeys } from '../support/refusals.js';
import { useService } from '../support/service.js';

const service = useService();
const PATH = '/management/memberships/';
const NOBODY = 2147483647;
const CONFLICT = 'Membership already exists please edit instead of trying to create it again.';

describe('POST /management/memberships/', () => {
  refusesBadKeys(service, 'POST', async () => {
    const { admin, hospital, outsider } = await service.given.hospital();
    return { actor: admin, path: PATH, body: { medic: outsider.id, hospital } };
  });

  test.each(NOT_ADMINS)('%s cannot add anyone', async (_, who) => {
    const cast = await castOf(service);
    const medic = await service.given.medic();
    (await cast[who].addMember(cast.hospital, medic)).isRefused('Unauthorized Medic');
    (await cast[who].addMember(cast.hospital, medic, { type_membership: 'ADMIN' })).isRefused('Unauthorized Medic');
  });

  test.each(NOT_ADMINS.slice(2))('%s cannot add themselves', async (_, who) => {
    const cast = await castOf(service);
    (await cast[who].addMember(cast.hospital, cast[who])).isRefused('Unauthorized Medic');
  });

  test('an ADMIN adds a medic as a MEMBER, and is told where the membership is', async () => {
    const { hospital, admin, outsider } = await service.given.hospital();
    const answer = (await admin.addMember(hospital, outsider)).isCreated();
    const { id } = answer.body<{ id: number }>();
    expect(answer.json).toEqual({ id, medic: outsider.id, hospital, type_membership: 'MEMBER' });
    expect(answer.headers.get('location')).toBe(`/api/v2${PATH}${String(id)}`);
    (await outsider.get(`${PATH}${String(id)}`)).isOk({ id, hospital, is_active: true, is_deleted: false });
  });

  test('the added MEMBER sees the hospital and cannot edit it', async () => {
    const { hospital, admin, outsider } = await service.given.hospital();
    (await admin.addMember(hospital, outsider)).isCreated();
    (await outsider.get(`/hospital/${String(hospital)}`)).isOk({ is_admin: false });
    (await outsider.patch(`/hospital/${String(hospital)}`, { name: 'X' })).isRefused('Unauthorized Medic');
  });

  test('an added ADMIN adds others', async () => {
    const { hospital, admin, outsider, stranger } = await service.given.hospital();
    (await admin.addMember(hospital, outsider, { type_membership: 'ADMIN' })).isCreated({ type_membership: 'ADMIN' });
    (await outsider.addMember(hospital, stranger)).isCreated();
  });

  test.each([
    ['admin', 'ADMIN'],
    ['Admin', 'ADMIN'],
    ['MEMBER', 'MEMBER'],
    ['mEmBeR', 'MEMBER'],
  ])('type_membership %s is %s', async (sent, type_membership) => {
    const { hospital, admin, outsider } = await service.given.hospital();
    (await admin.addMember(hospital, outsider, { type_membership: sent })).isCreated({ type_membership });
  });

  test('a form, ids as digits and a path without its slash say the same', async () => {
    const { hospital, admin, outsider, stranger } = await service.given.hospital();
    const form = new URLSearchParams({ medic: String(outsider.id), hospital: String(hospital), is_active: 'False' });
    (await admin.post('/management/memberships', form)).isCreated({ medic: outsider.id, hospital });
    const digits = { medic: String(stranger.id), hospital: String(hospital), is_active: '0' };
    (await admin.post(PATH, digits)).isCreated({ medic: stranger.id, hospital });
  });

  test('is_deleted false and read-only fields are accepted, and the latter ignored', async () => {
    const { hospital, admin, outsider } = await service.given.hospital();
    const extra = { id: 1, date_joined: '2020-11-04T01:12:12.017392Z', is_deleted: false };
    const { id } = (await admin.addMember(hospital, outsider, extra)).isCreated().body<{ id: number }>();
    expect(id).not.toBe(extra.id);
    const { date_joined } = (await outsider.get(`${PATH}${String(id)}`)).isOk().body<typeof extra>();
    expect(date_joined).not.toBe(extra.date_joined);
  });
});

describe('POST /management/memberships/ refuses', () => {
  test('a hospital that does not exist, as one that the caller does not administer', async () => {
    const { admin, outsider } = await service.given.hospital();
    (await admin.addMember(NOBODY, outsider)).isRefused('Unauthorized Medic');
  });

  test('a caller without the right before anything about the medic or a field is looked at', async () => {
    const { hospital, member } = await service.given.hospital();
    const bodies = [{}, { medic: NOBODY }, { medic: member.id }, { medic: 'x', colour: 'blue', is_deleted: true }];
    for (const body of bodies) (await member.post(PATH, { ...body, hospital })).isRefused('Unauthorized Medic');
  });

  test('a medic who does not exist', async () => {
    const { hospital, admin } = await service.given.hospital();
    const answer = await admin.post(PATH, { hospital, medic: NOBODY });
    answer.isInvalid('medic').is(400, { errors: { medic: ['There is no medic with this id.'] } });
  });

  test('a body without the ids, and names both', async () => {
    const { admin } = await service.given.hospital();
    (await admin.post(PATH, {})).isInvalid('medic', 'hospital');
    (await admin.post(PATH)).isInvalid('medic', 'hospital');
    (await admin.post(PATH, new URLSearchParams())).isInvalid('medic', 'hospital');
  });

  test.each(NO_IDS.filter((id) => id !== String(NOBODY)))('%s as the id of a hospital or a medic', async (id) => {
    const { hospital, admin, outsider } = await service.given.hospital();
    (await admin.post(PATH, { medic: outsider.id, hospital: id })).isInvalid('hospital');
    (await admin.post(PATH, { medic: id, hospital })).isInvalid('medic');
    (await outsider.post(PATH, { medic: outsider.id, hospital: id })).isInvalid('hospital');
  });

  test.each<[string, unknown]>([
    ['hospital', null],
    ['hospital', true],
    ['hospital', [1]],
    ['hospital', 1.5],
    ['medic', null],
    ['medic', { id: 1 }],
    ['type_membership', 'OWNER'],
    ['type_membership', ''],
    ['type_membership', null],
    ['type_membership', 1],
    ['type_membership', 'constructor'],
    ['is_active', null],
    ['is_active', 'yes'],
    ['is_active', 2],
    ['is_deleted', true],
    ['is_deleted', null],
    ['colour', 'blue'],
  ])('%s: %j', async (field, value) => {
    const { hospital, admin, outsider } = await service.given.hospital();
    (await admin.addMember(hospital, outsider, { [field]: value })).isInvalid(field);
  });

  test('a pair that exists, live or deleted, and names the membership to edit', async () => {
    const cast = await castOf(service);
    const { hospital, admin, adminship, member, membership, removedMember, removedMembership } = cast;
    const pairs = [
      [member, membership],
      [removedMember, removedMembership],
      [admin, adminship],
    ] as const;
    for (const [medic, id] of pairs) {
      const answer = (await admin.addMember(hospital, medic, { type_membership: 'ADMIN' })).is(409);
      expect(answer.json).toEqual({ message: CONFLICT, membership: id });
    }
  });

  test('bad fields before a pair that exists', async () => {
    const { hospital, admin, member } = await service.given.hospital();
    (await admin.addMember(hospital, member, { type_membership: 'OWNER' })).isInvalid('type_membership');
  });

  test('an unknown type, and a membership that is born deleted, with a sentence that says what is taken', async () => {
    const { hospital, admin, outsider } = await service.given.hospital();
    const answer = await admin.addMember(hospital, outsider, { type_membership: 'OWNER', is_deleted: true });
    answer.isInvalid('type_membership', 'is_deleted').is(400, {
      errors: {
        type_membership: ['Must be ADMIN or MEMBER.'],
        is_deleted: ['A membership cannot be created deleted.'],
      },
    });
  });
});

describe.each(['https://example.org/base', 'https://example.org/base/', 'https://example.org/base//'])(
  'where PUBLIC_URL is %s',
  (url) => {
    const behindProxy = useService({ PUBLIC_URL: url });

    test('the Location of a new membership is below its path', async () => {
      const { hospital, admin, outsider } = await behindProxy.given.hospital();
      const answer = (await admin.addMember(hospital, outsider)).isCreated();
      const { id } = answer.body<{ id: number }>();
      expect(answer.headers.get('location')).toBe(`/base/api/v2${PATH}${String(id)}`);
    });
  },
);
