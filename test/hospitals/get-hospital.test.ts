import { MembershipType } from '../../src/memberships/membership.entity.js';
import { castOf } from '../support/actors.js';
import { NO_IDS, refusesBadKeys } from '../support/refusals.js';
import { useService } from '../support/service.js';

const service = useService();

describe('GET /hospital/{id}', () => {
  refusesBadKeys(service, 'GET', async () => {
    const { admin, hospital } = await service.given.hospital();
    return { actor: admin, path: `/hospital/${String(hospital)}` };
  });

  test.each([
    ['an ADMIN', 'admin', true],
    ['a MEMBER', 'member', false],
    ['a former ADMIN who is a MEMBER now', 'formerAdmin', false],
  ] as const)('%s can read the hospital, and is_admin says whether they administer it', async (_, who, isAdmin) => {
    const cast = await castOf(service);
    (await cast[who].get(`/hospital/${String(cast.hospital)}`)).isOk({ id: cast.hospital, is_admin: isAdmin });
  });

  test.each([
    ['a MEMBER who was removed', 'removedMember'],
    ['an ADMIN who was removed', 'removedAdmin'],
    ['a medic who belongs to nothing', 'outsider'],
    ['an ADMIN of another hospital', 'stranger'],
    ['the account that created one of its medics', 'creator'],
  ] as const)('%s gets a 404 for the hospital', async (_, who) => {
    const cast = await castOf(service);
    (await cast[who].get(`/hospital/${String(cast.hospital)}`)).isNotFound();
  });

  test('a hospital is a 404 for a medic whose membership is deleted, until it is restored', async () => {
    const { hospital, admin, member, membership } = await service.given.hospital();
    (await admin.removeMembership(membership)).isCreated();
    (await member.get(`/hospital/${String(hospital)}`)).isNotFound();
    (await admin.changeMembership(membership, { is_deleted: false })).isCreated();
    (await member.get(`/hospital/${String(hospital)}`)).isOk({ id: hospital });
  });

  test('an inactive membership is enough to read the hospital', async () => {
    const { hospital, stranger } = await service.given.hospital();
    await service.given.membership(stranger, hospital);
    (await stranger.get(`/hospital/${String(hospital)}/`)).isOk({ id: hospital, is_admin: false });
  });

  test('the hospital has exactly the documented fields, and an instant has six digits', async () => {
    const medic = await service.given.medic();
    const hospital = await service.given.emptyHospital({
      createdAt: new Date('2020-11-04T01:12:12.017Z'),
      name: 'Hospital San José',
      patron: 'HOSPITAL SAN JOSÉ',
      location: 'Av. Morones Prieto 3000',
      contact: 'citas@example.org',
      headline: 'Urgencias 24 horas',
      pageSize: true,
      pageTemplate: 'modern',
      isActive: false,
      info: true,
      sendEmails: false,
      zipCode: '64710',
      locationLat: '25.6694',
      locationLon: '-100.3498',
      googlePlaceId: 'ChIJ',
    });
    await service.given.membership(medic, hospital, { type: MembershipType.ADMIN, isActive: true });
    expect((await medic.get(`/hospital/${String(hospital)}`)).isOk().json).toEqual({
      id: hospital,
      created_at: '2020-11-04T01:12:12.017000Z',
      name: 'Hospital San José',
      patron: 'HOSPITAL SAN JOSÉ',
      location: 'Av. Morones Prieto 3000',
      contact: 'citas@example.org',
      headline: 'Urgencias 24 horas',
      page_size: true,
      page_template: 'modern',
      is_active: false,
      is_admin: true,
      info: true,
      send_emails: false,
      zip_code: '64710',
      location_lat: '25.6694',
      location_lon: '-100.3498',
      google_place_id: 'ChIJ',
      picture: null,
      university_logo: null,
    });
  });

  test.each(NO_IDS)('GET responds to /hospital/%s with 404', async (id) => {
    const { admin } = await service.given.hospital();
    (await admin.get(`/hospital/${id}`)).isNotFound();
  });
});
