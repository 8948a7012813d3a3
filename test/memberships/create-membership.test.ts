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

  test.each(NOT_ADMINS.slice(2))('%s cannot add themselves to the hospital', async (_, who) => {
    const cast = await castOf(service);
    (await cast[who].addMember(cast.hospital, cast[who])).isRefused('Unauthorized Medic');
  });

  test('an ADMIN adds a medic as a MEMBER, and the Location header names the membership', async () => {
    const { hospital, admin, outsider } = await service.given.hospital();
    const answer = (await admin.addMember(hospital, outsider)).isCreated();
    const { id } = answer.body<{ id: number }>();
    expect(answer.json).toEqual({ id, medic: outsider.id, hospital, type_membership: 'MEMBER' });
    expect(answer.headers.get('location')).toBe(`/api/v2${PATH}${String(id)}`);
    (await outsider.get(`${PATH}${String(id)}`)).isOk({ id, hospital, is_active: true, is_deleted: false });
  });

  test('a MEMBER sees the hospital as soon as they are added, and cannot edit it', async () => {
    const { hospital, admin, outsider } = await service.given.hospital();
    (await admin.addMember(hospital, outsider)).isCreated();
    (await outsider.get(`/hospital/${String(hospital)}`)).isOk({ is_admin: false });
    (await outsider.patch(`/hospital/${String(hospital)}`, { name: 'X' })).isRefused('Unauthorized Medic');
  });

  test('a medic who is added as an ADMIN can add others', async () => {
    const { hospital, admin, outsider, stranger } = await service.given.hospital();
    (await admin.addMember(hospital, outsider, { type_membership: 'ADMIN' })).isCreated({ type_membership: 'ADMIN' });
    (await outsider.addMember(hospital, stranger)).isCreated();
  });

  test.each([
    ['admin', 'ADMIN'],
    ['Admin', 'ADMIN'],
    ['MEMBER', 'MEMBER'],
    ['mEmBeR', 'MEMBER'],
  ])('type_membership %s is stored as %s', async (sent, type_membership) => {
    const { hospital, admin, outsider } = await service.given.hospital();
    (await admin.addMember(hospital, outsider, { type_membership: sent })).isCreated({ type_membership });
  });

  test('POST accepts forms, ids as digits and a path without the trailing slash', async () => {
    const { hospital, admin, outsider, stranger } = await service.given.hospital();
    const form = new URLSearchParams({ medic: String(outsider.id), hospital: String(hospital), is_active: 'False' });
    (await admin.post('/management/memberships', form)).isCreated({ medic: outsider.id, hospital });
    const digits = { medic: String(stranger.id), hospital: String(hospital), is_active: '0' };
    (await admin.post(PATH, digits)).isCreated({ medic: stranger.id, hospital });
  });

  test('POST accepts is_deleted false, and ignores read-only fields', async () => {
    const { hospital, admin, outsider } = await service.given.hospital();
    const extra = { id: 1, date_joined: '2020-11-04T01:12:12.017392Z', is_deleted: false };
    const { id } = (await admin.addMember(hospital, outsider, extra)).isCreated().body<{ id: number }>();
    expect(id).not.toBe(extra.id);
    const { date_joined } = (await outsider.get(`${PATH}${String(id)}`)).isOk().body<typeof extra>();
    expect(date_joined).not.toBe(extra.date_joined);
  });
});

describe('POST /management/memberships/ rejects', () => {
  test('an unknown hospital is refused like a hospital that the caller does not administer', async () => {
    const { admin, outsider } = await service.given.hospital();
    (await admin.addMember(NOBODY, outsider)).isRefused('Unauthorized Medic');
  });

  test('a caller without the right is refused before the medic or any field is validated', async () => {
    const { hospital, member } = await service.given.hospital();
    const bodies = [{}, { medic: NOBODY }, { medic: member.id }, { medic: 'x', colour: 'blue', is_deleted: true }];
    for (const body of bodies) (await member.post(PATH, { ...body, hospital })).isRefused('Unauthorized Medic');
  });

  test('POST rejects an unknown medic', async () => {
    const { hospital, admin } = await service.given.hospital();
    const answer = await admin.post(PATH, { hospital, medic: NOBODY });
    answer.isInvalid('medic').is(400, { errors: { medic: ['There is no medic with this id.'] } });
  });

  test('POST rejects a body without ids, and names both', async () => {
    const { admin } = await service.given.hospital();
    (await admin.post(PATH, {})).isInvalid('medic', 'hospital');
    (await admin.post(PATH)).isInvalid('medic', 'hospital');
    (await admin.post(PATH, new URLSearchParams())).isInvalid('medic', 'hospital');
  });

  test.each(NO_IDS.filter((id) => id !== String(NOBODY)))(
    'POST rejects %s as the id of a hospital or a medic',
    async (id) => {
      const { hospital, admin, outsider } = await service.given.hospital();
      (await admin.post(PATH, { medic: outsider.id, hospital: id })).isInvalid('hospital');
      (await admin.post(PATH, { medic: id, hospital })).isInvalid('medic');
      (await outsider.post(PATH, { medic: outsider.id, hospital: id })).isInvalid('hospital');
    },
  );

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
  ])('POST rejects %s: %j', async (field, value) => {
    const { hospital, admin, outsider } = await service.given.hospital();
    (await admin.addMember(hospital, outsider, { [field]: value })).isInvalid(field);
  });

  test('creating a membership that exists, live or deleted, is a conflict that names the membership to edit', async () => {
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

  test('invalid fields are reported before an existing membership', async () => {
    const { hospital, admin, member } = await service.given.hospital();
    (await admin.addMember(hospital, member, { type_membership: 'OWNER' })).isInvalid('type_membership');
  });

  test('the error for an unknown type or for is_deleted true says which values are accepted', async () => {
    const { hospital, admin, outsider } = await service.given.hospital();
    const answer = await admin.addMember(hospital, outsider, { type_membership: 'OWNER', is_deleted: true });
    answer.isInvalid('type_membership', 'is_deleted').is(400, {
      errors: {
        type_membership: ['Must be ADMIN or MEMBER.'],
        is_deleted: ['A new membership cannot be deleted; omit this field or send false.'],
      },
    });
  });
});

describe.each(['https://example.org/base', 'https://example.org/base/', 'https://example.org/base//'])(
  'if PUBLIC_URL is %s',
  (url) => {
    const behindProxy = useService({ PUBLIC_URL: url });

    test('the Location of a new membership starts with the path of PUBLIC_URL', async () => {
      const { hospital, admin, outsider } = await behindProxy.given.hospital();
      const answer = (await admin.addMember(hospital, outsider)).isCreated();
      const { id } = answer.body<{ id: number }>();
      expect(answer.headers.get('location')).toBe(`/base/api/v2${PATH}${String(id)}`);
    });
  },
);
