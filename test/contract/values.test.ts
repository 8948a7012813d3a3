import { HOSPITAL, medicBody } from '../support/bodies.js';
import { useService } from '../support/service.js';

const service = useService();

/** @returns a hospital as JSON text with one more field, whose value is inserted verbatim */
function hospitalWith(field: string, written: string): string {
  return `${JSON.stringify(HOSPITAL).slice(0, -1)},"${field}":${written}}`;
}

describe('ids', () => {
  test('ids may be sent as digits in JSON, forms and queries', async () => {
    const { hospital, admin, outsider, stranger } = await service.given.hospital();
    const [first, second] = [String(outsider.id), String(stranger.id)];
    (await admin.post('/management/memberships/', { medic: first, hospital: String(hospital) })).isCreated({
      hospital,
    });
    const form = new URLSearchParams({ medic: second, hospital: String(hospital) });
    (await admin.post('/management/memberships/', form)).isCreated({ medic: stranger.id });
    (await admin.get(`/management/memberships/?hospital=${String(hospital)}`)).isOk({ count: 1 });
  });

  test.each([
    0,
    -1,
    1.5,
    2147483648,
    1e300,
    '',
    ' ',
    'x',
    '1x',
    '1.0',
    '-1',
    '+1',
    '0x1',
    '١',
    null,
    true,
    [],
    [1],
    {},
  ])('an id of %j is a 400', async (medic) => {
    const { hospital, admin } = await service.given.hospital();
    (await admin.post('/management/memberships/', { medic, hospital })).isInvalid('medic');
  });

  test.each(['0', '-1', 'x', '2147483648', '1&hospital=2'])('an id of %s in a query is a 400', async (value) => {
    const medic = await service.given.medic();
    (await medic.get(`/management/memberships/?hospital=${value}`)).isInvalid('hospital');
  });
});

describe('numbers sent for text', () => {
  test.each(['64710', '0', '12345678901234567890', '1.50', '-7', '1e2', '123456789012345678901234567890.123456789'])(
    'a number sent for text is stored as it was written: %s',
    async (written) => {
      const medic = await service.given.medic();
      (await medic.post('/hospital/', hospitalWith('headline', written))).isCreated({ headline: written });
      const body = JSON.stringify(medicBody()).replace('}', `,"cedula_prof":${written}}`);
      (await medic.post('/medics/', body)).isCreated({ cedula_prof: written });
    },
  );

  test.each(['true', 'false', '[]', '["x"]', '{}', '{"a":1}', 'null'])('text of %s is a 400', async (written) => {
    const medic = await service.given.medic();
    (await medic.post('/hospital/', hospitalWith('zip_code', written))).isInvalid('zip_code');
  });

  test('a number sent for text has the length of its digits', async () => {
    const medic = await service.given.medic();
    (await medic.post('/hospital/', hospitalWith('headline', '1'.repeat(255)))).isCreated();
    (await medic.post('/hospital/', hospitalWith('headline', '1'.repeat(256)))).isInvalid('headline');
  });
});

describe('booleans', () => {
  const spellings: [string, boolean][] = [
    ...['true', '"true"', '"True"', '"TRUE"', '"tRuE"', '1', '"1"'].map((text): [string, boolean] => [text, true]),
    ...['false', '"false"', '"False"', '"FALSE"', '0', '"0"'].map((text): [string, boolean] => [text, false]),
  ];

  test.each(spellings)('the boolean %s is read as %s', async (written, value) => {
    const medic = await service.given.medic();
    (await medic.post('/hospital/', hospitalWith('page_size', written))).isCreated({ page_size: value });
    const text = written.replaceAll('"', '');
    const form = new URLSearchParams({ ...HOSPITAL, page_size: text });
    (await medic.post('/hospital/', form)).isCreated({ page_size: value });
    (await medic.get(`/management/memberships/?is_active=${text}`)).isOk({ count: 1 });
  });

  test.each(['2', '-1', '0.5', '"yes"', '"on"', '"t"', '""', '" true"', '"10"', 'null', '[]', '[true]', '{}'])(
    'a boolean of %s is a 400',
    async (written) => {
      const medic = await service.given.medic();
      (await medic.post('/hospital/', hospitalWith('page_size', written))).isInvalid('page_size');
    },
  );

  test.each(['2', 'yes', 'true&is_active=true', '%00'])('a boolean of %s in a query is a 400', async (value) => {
    const medic = await service.given.medic();
    (await medic.get(`/management/memberships/?is_active=${value}`)).isInvalid('is_active');
  });
});

describe('forms', () => {
  test('a form field with two values is a 400', async () => {
    const medic = await service.given.medic();
    const form = new URLSearchParams([...Object.entries(HOSPITAL), ['name', 'Other']] as [string, string][]);
    (await medic.post('/hospital/', form)).isInvalid('name');
  });

  test.each(['%FF', '%C3', '%ED%A0%80', 'x%00', '%F8%88%80%80%80', '%c0%80'])(
    'form bytes that are not text are a 400 that names the field: %s',
    async (bytes) => {
      const medic = await service.given.medic();
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const body = `name=${bytes}&patron=P&location=L&contact=C`;
      (await medic.post('/hospital/', body, { headers })).isInvalid('name');
    },
  );

  test('a percent sign in a form that escapes nothing is kept', async () => {
    const medic = await service.given.medic();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = 'name=100%&patron=%zz&location=a%2&contact=b=c';
    (await medic.post('/hospital/', body, { headers })).isCreated({
      name: '100%',
      patron: '%zz',
      location: 'a%2',
      contact: 'b=c',
    });
  });
});

describe('read-only fields', () => {
  test('an object from GET can be sent back, and its read-only fields are ignored', async () => {
    const { hospital, admin, adminship } = await service.given.hospital();
    const before = await service.client.rows();
    for (const [path, status] of [
      [`/hospital/${String(hospital)}`, 201],
      [`/management/memberships/${String(adminship)}`, 201],
      [`/medics/${String(admin.id)}`, 202],
    ] as const) {
      const object = (await admin.get(path)).isOk().body();
      expect((await admin.patch(path, object)).is(status).body()).toEqual(object);
    }
    expect(await service.client.rows()).toBe(before);
  });

  test('read-only fields may contain anything', async () => {
    const { hospital, admin, outsider } = await service.given.hospital();
    const ids = [null, 7, 'x', [[]], { a: { b: 1 } }, '\u0000'];
    for (const id of ids) {
      const sent = { ...HOSPITAL, id, created_at: id };
      const created = (await admin.post('/hospital/', sent)).isCreated(HOSPITAL).body<{ id: unknown }>();
      expect(created.id).not.toEqual(id);
    }
    (await admin.addMember(hospital, outsider, { id: 1, date_joined: 'long ago' })).isCreated({ medic: outsider.id });
  });
});

test('an unknown query parameter is ignored, whatever it contains', async () => {
  const medic = await service.given.medic();
  for (const query of ['x=1', 'x', '=', '&&', '__proto__=1', 'constructor=1', 'x=%FF', 'x=%00', '%FF=1', 'x[y]=1']) {
    (await medic.get(`/management/memberships/?${query}`)).isOk({ count: 0 });
  }
});

test('an empty query parameter counts as absent', async () => {
  const { admin } = await service.given.hospital();
  const query = 'limit=&offset=&hospital=&type_membership=&is_active=&is_deleted=&managed=';
  (await admin.get(`/management/memberships/?${query}`)).isOk({ count: 1 });
});
