import { formOf, HOSPITAL } from '../support/bodies.js';
import { refusesBadKeys } from '../support/refusals.js';
import { useService } from '../support/service.js';

const service = useService();

const EVERY_FIELD = {
  ...HOSPITAL,
  headline: 'Urgencias 24 horas 🚑',
  page_size: true,
  page_template: 'modern',
  is_active: false,
  info: true,
  send_emails: false,
  zip_code: '64710',
  location_lat: '25.6694',
  location_lon: '-100.3498',
  google_place_id: 'ChIJs7Tn5oGVYoYRrsGnZ1Vq1oE',
};

interface Created {
  readonly id: number;
}

describe('POST /hospital/', () => {
  refusesBadKeys(service, 'POST', async () => ({
    actor: await service.given.medic(),
    path: '/hospital/',
    body: HOSPITAL,
  }));

  test.each(['admin', 'member', 'outsider', 'stranger'] as const)(
    'any medic can create a hospital: the %s of another',
    async (who) => {
      const scene = await service.given.hospital();
      (await scene[who].post('/hospital/', HOSPITAL)).isCreated({ ...HOSPITAL, is_admin: true });
    },
  );

  test('the creator becomes the ADMIN, and the hospital their active one if they had none', async () => {
    const medic = await service.given.medic();
    const { id } = (await medic.post('/hospital/', HOSPITAL)).isCreated({ is_admin: true }).body<Created>();
    (await medic.get('/management/memberships/')).isOk({
      count: 1,
      results: [{ hospital: id, type_membership: 'ADMIN', is_active: true, is_deleted: false }],
    });
    (await medic.patch(`/hospital/${String(id)}`, { headline: 'New' })).isCreated();
  });

  test('a second hospital leaves the choice of active hospital unchanged', async () => {
    const { hospital, admin } = await service.given.hospital();
    (await admin.post('/hospital/', HOSPITAL)).isCreated();
    (await admin.get(`/medics/${String(admin.id)}`)).isOk({ hospital });
  });

  test('with is_admin false the creator is a MEMBER, and the hospital has no ADMIN', async () => {
    const medic = await service.given.medic();
    const answer = (await medic.post('/hospital/', { ...HOSPITAL, is_admin: false })).isCreated({ is_admin: false });
    const { id } = answer.body<Created>();
    (await medic.get('/management/memberships/')).isOk({ results: [{ hospital: id, type_membership: 'MEMBER' }] });
    (await medic.patch(`/hospital/${String(id)}`, { headline: 'New' })).isRefused('Unauthorized Medic');
    (await medic.get(`/memberships/${String(id)}`)).isRefused('Unauthorized Medic');
  });

  test('an absent field has its default', async () => {
    const medic = await service.given.medic();
    expect((await medic.post('/hospital/', HOSPITAL)).isCreated().json).toEqual({
      ...HOSPITAL,
      id: expect.any(Number),
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      headline: '',
      page_size: false,
      page_template: 'classic',
      is_active: true,
      is_admin: true,
      info: false,
      send_emails: true,
      zip_code: '',
      location_lat: '',
      location_lon: '',
      google_place_id: '',
      picture: null,
      university_logo: null,
    });
  });

  test('every field is stored as sent', async () => {
    const medic = await service.given.medic();
    const answer = (await medic.post('/hospital', EVERY_FIELD)).isCreated(EVERY_FIELD);
    (await medic.get(`/hospital/${String(answer.body<Created>().id)}`)).isOk(EVERY_FIELD);
  });

  test('a form and a JSON body create the same hospital', async () => {
    const medic = await service.given.medic();
    (await medic.post('/hospital/', formOf(EVERY_FIELD))).isCreated({ ...EVERY_FIELD, is_admin: true });
    const body = { ...HOSPITAL, is_admin: 'False', page_size: '1' };
    (await medic.post('/hospital/', formOf(body))).isCreated({ ...HOSPITAL, is_admin: false, page_size: true });
  });

  test.each([
    [0, false],
    [1, true],
    ['0', false],
    ['1', true],
    ['TRUE', true],
    ['False', false],
  ])('page_size %j is stored as %j', async (page_size, stored) => {
    const medic = await service.given.medic();
    (await medic.post('/hospital/', { ...HOSPITAL, page_size })).isCreated({ page_size: stored });
  });

  test('a number in a text field keeps its digits', async () => {
    const medic = await service.given.medic();
    const body = JSON.stringify(HOSPITAL).replace('}', ',"zip_code":64710,"location_lat":25.66940}');
    (await medic.post('/hospital/', body)).isCreated({ zip_code: '64710', location_lat: '25.66940' });
  });

  test('POST ignores read-only fields', async () => {
    const medic = await service.given.medic();
    const sent = { ...HOSPITAL, id: 1, created_at: '2020-11-04T01:12:12.017392Z' };
    const { id, created_at } = (await medic.post('/hospital/', sent)).isCreated().body<typeof sent>();
    expect(id).not.toBe(1);
    expect(created_at).not.toBe(sent.created_at);
  });
});

describe('POST /hospital/ rejects', () => {
  test('POST rejects a body without the required fields, and names each', async () => {
    const medic = await service.given.medic();
    (await medic.post('/hospital/', {})).isInvalid('name', 'patron', 'location', 'contact');
    (await medic.post('/hospital/')).isInvalid('name', 'patron', 'location', 'contact');
    (await medic.post('/hospital/', new URLSearchParams())).isInvalid('name', 'patron', 'location', 'contact');
  });

  test.each<[string, unknown]>([
    ['name', ''],
    ['patron', ' \t\n'],
    ['location', null],
    ['contact', ['81']],
    ['name', { text: 'x' }],
    ['name', true],
    ['name', 'a\0b'],
    ['headline', 'x\ud800'],
    ['headline', null],
    ['page_size', 2],
    ['page_size', 'letter'],
    ['info', ''],
    ['send_emails', null],
    ['is_active', 'yes'],
    ['is_admin', 'no'],
    ['colour', 'blue'],
  ])('POST rejects %s: %j', async (field, value) => {
    const medic = await service.given.medic();
    (await medic.post('/hospital/', { ...HOSPITAL, [field]: value })).isInvalid(field);
  });

  test.each([
    ['name', 255],
    ['patron', 255],
    ['location', 1000],
    ['contact', 1000],
    ['headline', 255],
    ['page_template', 255],
    ['zip_code', 31],
    ['location_lat', 31],
    ['location_lon', 31],
    ['google_place_id', 255],
  ])('POST rejects a %s longer than %d code points, and names the limit', async (field, limit) => {
    const medic = await service.given.medic();
    const longest = { ...HOSPITAL, [field]: '🏥'.repeat(limit) };
    (await medic.post('/hospital/', longest)).isCreated(longest);
    const answer = await medic.post('/hospital/', { ...HOSPITAL, [field]: 'x'.repeat(limit + 1) });
    answer.isInvalid(field).is(400, { errors: { [field]: [expect.stringContaining(String(limit))] } });
  });
});
