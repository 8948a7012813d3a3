import { castOf, type Cast } from '../support/actors.js';
import { NO_IDS, refusesBadKeys } from '../support/refusals.js';
import { useService } from '../support/service.js';

const service = useService();

type Who = 'admin' | 'member' | 'formerAdmin' | 'removedMember' | 'removedAdmin' | 'outsider' | 'stranger' | 'creator';
type Which = 'adminship' | 'membership' | 'formerAdminship' | 'removedMembership';

const pathOf = (cast: Cast, which: Which) => `/management/memberships/${String(cast[which])}`;

describe('GET /management/memberships/{id}', () => {
  refusesBadKeys(service, 'GET', async () => {
    const { admin, membership } = await service.given.hospital();
    return { actor: admin, path: `/management/memberships/${String(membership)}` };
  });

  test.each<[string, Who, Which]>([
    ['an ADMIN reads their own membership', 'admin', 'adminship'],
    ['an ADMIN reads the membership of a MEMBER', 'admin', 'membership'],
    ['an ADMIN reads a deleted membership', 'admin', 'removedMembership'],
    ['a MEMBER reads their own membership', 'member', 'membership'],
    ['a former ADMIN reads their own membership', 'formerAdmin', 'formerAdminship'],
  ])('%s', async (_, who, which) => {
    const cast = await castOf(service);
    (await cast[who].get(pathOf(cast, which))).isOk({ id: cast[which], is_deleted: which === 'removedMembership' });
  });

  test.each<[string, Who, Which]>([
    ['a MEMBER cannot see the membership of an ADMIN', 'member', 'adminship'],
    ['a former ADMIN cannot see the membership of a MEMBER', 'formerAdmin', 'membership'],
    ['a MEMBER who was removed cannot see their own membership', 'removedMember', 'removedMembership'],
    ['a MEMBER who was removed cannot see the membership of an ADMIN', 'removedMember', 'adminship'],
    ['an ADMIN who was removed cannot see the membership of a MEMBER', 'removedAdmin', 'membership'],
    ['a medic who belongs to nothing cannot see a membership', 'outsider', 'membership'],
    ['an ADMIN of another hospital cannot see a membership', 'stranger', 'membership'],
    ['an ADMIN of another hospital cannot see a deleted membership', 'stranger', 'removedMembership'],
    ["the account that created a medic cannot see the medic's membership", 'creator', 'formerAdminship'],
  ])('%s', async (_, who, which) => {
    const cast = await castOf(service);
    (await cast[who].get(pathOf(cast, which))).isNotFound();
  });

  test('GET returns the whole membership, with and without the trailing slash', async () => {
    const { given } = service;
    const { hospital, admin } = await given.hospital();
    const medic = await given.medic({ name: 'Ana María Núñez', email: 'Ana.Nunez@example.org' });
    const dateJoined = new Date('2020-11-04T01:12:12.017Z');
    const id = await given.membership(medic, hospital, { isActive: true, dateJoined });
    for (const path of [`/management/memberships/${String(id)}`, `/management/memberships/${String(id)}/`]) {
      for (const reader of [admin, medic]) {
        expect((await reader.get(path)).isOk().json).toEqual({
          id,
          medic: { id: medic.id, name: 'Ana María Núñez', email: 'Ana.Nunez@example.org' },
          hospital,
          type_membership: 'MEMBER',
          is_active: true,
          is_deleted: false,
          date_joined: '2020-11-04T01:12:12.017000Z',
        });
      }
    }
  });

  test('HEAD responds like GET, without a body', async () => {
    const { member, stranger, membership } = await service.given.hospital();
    const path = `/management/memberships/${String(membership)}`;
    const answer = (await member.send('HEAD', path)).isOk();
    expect(answer.text).toBe('');
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    (await stranger.send('HEAD', path)).is(404);
  });

  test.each(NO_IDS)('GET responds to the id %s with 404', async (id) => {
    const { admin } = await service.given.hospital();
    (await admin.get(`/management/memberships/${id}`)).isNotFound();
  });
});
