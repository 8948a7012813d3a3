import { castOf } from '../support/actors.js';
import { HOSPITAL } from '../support/bodies.js';
import { NO_IDS, refusesBadKeys } from '../support/refusals.js';
import { useService } from '../support/service.js';

const service = useService();

/** @returns a hospital, its path and its medics */
async function givenHospital() {
  const scene = await service.given.hospital();
  return { ...scene, path: `/hospital/${String(scene.hospital)}` };
}

describe('PATCH /hospital/{id}', () => {
  refusesBadKeys(service, 'PATCH', async () => {
    const { admin, path } = await givenHospital();
    return { actor: admin, path, body: { headline: 'New' } };
  });

  test('an ADMIN edits the hospital, and the response is 201 with the hospital', async () => {
    const { admin, member, hospital, path } = await givenHospital();
    (await admin.patch(path, { headline: 'New' })).isCreated({ id: hospital, headline: 'New', is_admin: true });
    (await member.get(path)).isOk({ headline: 'New' });
  });

  const ANYTHING = [{ headline: 'New' }, { headline: null }, { colour: 'blue' }, {}];

  test.each([
    ['a MEMBER', 'member'],
    ['a former ADMIN who is a MEMBER now', 'formerAdmin'],
  ] as const)('%s cannot edit the hospital, whatever the body', async (_, who) => {
    const cast = await castOf(service);
    for (const body of ANYTHING)
      (await cast[who].patch(`/hospital/${String(cast.hospital)}`, body)).isRefused('Unauthorized Medic');
  });

  test.each([
    ['a MEMBER who was removed', 'removedMember'],
    ['an ADMIN who was removed', 'removedAdmin'],
    ['a medic who belongs to nothing', 'outsider'],
    ['an ADMIN of another hospital', 'stranger'],
    ['the account that created one of its medics', 'creator'],
  ] as const)('%s gets a 404 for the hospital, whatever the body', async (_, who) => {
    const cast = await castOf(service);
    for (const body of ANYTHING) (await cast[who].patch(`/hospital/${String(cast.hospital)}`, body)).isNotFound();
  });

  test('an ADMIN can edit a hospital that is not their active one', async () => {
    const { admin, path } = await givenHospital();
    const { id } = (await admin.post('/hospital/', HOSPITAL)).isCreated().body();
    (await admin.patch('/locations/update/', { hospital_id: id })).isOk();
    (await admin.patch(path, { headline: 'New' })).isCreated({ headline: 'New' });
  });

  test.each(NO_IDS)('PATCH responds to /hospital/%s with 404', async (id) => {
    const { admin } = await givenHospital();
    (await admin.patch(`/hospital/${id}`, { headline: 'New' })).isNotFound();
  });

  test.each<[string, unknown, unknown]>([
    ['name', 'Nuevo', 'Nuevo'],
    ['patron', 'NUEVO', 'NUEVO'],
    ['location', 'Otra calle 1', 'Otra calle 1'],
    ['contact', 5512345678, '5512345678'],
    ['headline', '', ''],
    ['page_size', 1, true],
    ['page_template', 'modern', 'modern'],
    ['is_active', 'FALSE', false],
    ['info', true, true],
    ['send_emails', 0, false],
    ['zip_code', '01000', '01000'],
    ['location_lat', '25.6694', '25.6694'],
    ['location_lon', '-100.3498', '-100.3498'],
    ['google_place_id', 'ChIJ', 'ChIJ'],
  ])('PATCH changes %s alone: %j', async (field, value, stored) => {
    const { admin, path } = await givenHospital();
    const before = (await admin.get(path)).body();
    expect((await admin.patch(path, { [field]: value })).isCreated().json).toEqual({ ...before, [field]: stored });
    expect((await admin.get(path)).json).toEqual({ ...before, [field]: stored });
  });

  test('a form and a JSON body make the same change', async () => {
    const { admin, path } = await givenHospital();
    const form = new URLSearchParams({ name: 'Núñez & Cía', page_size: '1', zip_code: '64710' });
    (await admin.patch(path, form)).isCreated({ name: 'Núñez & Cía', page_size: true, zip_code: '64710' });
  });

  test.each<[string, unknown]>([
    ['is {}', {}],
    ['is absent', undefined],
    ['is empty', ''],
    ['is an empty form', new URLSearchParams()],
  ])('PATCH changes nothing if the body %s', async (_, body) => {
    const { admin, path } = await givenHospital();
    const before = (await admin.get(path)).json;
    expect((await admin.patch(path, body)).isCreated().json).toEqual(before);
  });

  test('PATCH accepts the object that GET returns', async () => {
    const { admin, path } = await givenHospital();
    const before = (await admin.get(path)).body();
    expect((await admin.patch(path, before)).isCreated().json).toEqual(before);
  });

  test('PATCH ignores is_admin, id and created_at', async () => {
    const { admin, path } = await givenHospital();
    const before = (await admin.get(path)).body();
    const sent = { is_admin: false, id: 1, created_at: '2020-11-04T01:12:12.017392Z' };
    expect((await admin.patch(path, sent)).isCreated().json).toEqual(before);
    (await admin.patch(path, { is_admin: 'nonsense', headline: 'New' })).isCreated({ is_admin: true, headline: 'New' });
  });

  test.each<[string, unknown]>([
    ['name', ''],
    ['patron', null],
    ['location', '   '],
    ['location', 'x'.repeat(1001)],
    ['contact', 'x'.repeat(1001)],
    ['name', 'x'.repeat(256)],
    ['headline', null],
    ['headline', 'a\0b'],
    ['zip_code', '1'.repeat(32)],
    ['location_lat', 'x'.repeat(32)],
    ['location_lon', '1'.repeat(32)],
    ['page_size', 'letter'],
    ['send_emails', 2],
    ['colour', 'blue'],
  ])('PATCH rejects %s: %j', async (field, value) => {
    const { admin, path } = await givenHospital();
    (await admin.patch(path, { headline: 'New', [field]: value })).isInvalid(field);
  });
});
