import type { Actor } from '../support/actor.js';
import { HOSPITAL, medicBody } from '../support/bodies.js';
import { useService } from '../support/service.js';

const service = useService();

/** @returns a hospital as JSON in bytes, whose name is these bytes */
function hospitalNamed(...name: number[]): Buffer {
  const [before = '', after = ''] = JSON.stringify({ ...HOSPITAL, name: '*' }).split('*');
  return Buffer.concat([Buffer.from(before), Buffer.from(name), Buffer.from(after)]);
}

describe('text that cannot be stored is a 400 that names the field', () => {
  test.each(['\\u0000', 'a\\u0000b', '\\ud800', '\\udc00', '\\udc00\\ud800', 'x\\ud83dx', '\\ud83d\\ud83d\\ude00'])(
    'where it is escaped: %s',
    async (escaped) => {
      const { admin, hospital, outsider } = await service.given.hospital();
      const text = JSON.parse(`"${escaped}"`) as string;
      for (const field of ['name', 'location', 'headline', 'zip_code']) {
        (await admin.post('/hospital/', { ...HOSPITAL, [field]: text })).isInvalid(field);
        (await admin.patch(`/hospital/${String(hospital)}`, { [field]: text })).isInvalid(field);
      }
      for (const field of ['email', 'password', 'cedula_prof', 'date_of_birth', 'hospital']) {
        (await admin.post('/medics/', { ...medicBody(), [field]: `${text}longer` })).isInvalid(field);
      }
      (await admin.addMember(hospital, outsider, { type_membership: `ADMIN${text}` })).isInvalid('type_membership');
      (await admin.post('/hospital/', { ...HOSPITAL, [`x${text}`]: 1 })).is(400);
    },
  );

  test.each([
    ['a byte that no character has', [0xff]],
    ['a character that is cut off', [0xc3]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a longer form than needed', [0xc0, 0x80]],
    ['a code point beyond the last', [0xf4, 0x90, 0x80, 0x80]],
    ['a byte before half a pair that is escaped', [0xff, ...Buffer.from('\\udc00')]],
    ['a byte after half a pair that is escaped', [...Buffer.from('\\ud800'), 0xff]],
    ['a raw U+0000', [0]],
  ])('where the bytes are no UTF-8: %s', async (_, bytes) => {
    const medic = await service.given.medic();
    const answer = await medic.post('/hospital/', hospitalNamed(...bytes));
    answer.isInvalid(bytes[0] === 0 ? 'non_field_errors' : 'name');
  });

  test('outside of any field as well', async () => {
    const medic = await service.given.medic();
    const body = Buffer.concat([Buffer.from(JSON.stringify(HOSPITAL)), Buffer.from([0xff])]);
    (await medic.post('/hospital/', body)).isInvalid('non_field_errors');
  });

  test.each(['%00', '%FF', 'a%ED%A0%80'])('in a query: %s', async (text) => {
    const medic = await service.given.medic();
    (await medic.get(`/search/medics/?query=${text}`)).isInvalid('query');
    (await medic.get(`/management/memberships/?type_membership=${text}`)).isInvalid('type_membership');
  });
});

describe('required text', () => {
  test.each(['', ' ', '\t\n', '\u00a0', '\u3000\u2003', '\ufeff'])('may not be blank: %j', async (blank) => {
    const { admin, hospital } = await service.given.hospital();
    const all = { name: blank, patron: blank, location: blank, contact: blank };
    (await admin.post('/hospital/', all)).isInvalid('name', 'patron', 'location', 'contact');
    (await admin.post('/hospital/', new URLSearchParams(all))).isInvalid('name', 'patron', 'location', 'contact');
    (await admin.patch(`/hospital/${String(hospital)}`, { name: blank })).isInvalid('name');
    (await admin.post('/medics/', { ...medicBody(), name: blank })).isInvalid('name');
    (await admin.patch(`/medics/${String(admin.id)}`, { name: blank })).isInvalid('name');
  });

  test('may not be null', async () => {
    const { admin, hospital } = await service.given.hospital();
    (await admin.post('/hospital/', { ...HOSPITAL, name: null })).isInvalid('name');
    (await admin.patch(`/hospital/${String(hospital)}`, { name: null, headline: null })).isInvalid('name', 'headline');
  });

  test('keeps the blanks around it', async () => {
    const medic = await service.given.medic();
    (await medic.post('/hospital/', { ...HOSPITAL, name: ' \ta ' })).isCreated({ name: ' \ta ' });
  });
});

describe('lengths are counted in code points', () => {
  const hospitalFields: [string, number][] = [
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
  ];

  async function isLimited(medic: Actor, path: string, body: object, field: string, limit: number): Promise<void> {
    for (const character of ['x', 'é', '한', '🏥']) {
      const longest = character.repeat(limit);
      (await medic.post(path, { ...body, [field]: longest })).isCreated({ [field]: longest });
      const answer = (await medic.post(path, { ...body, [field]: longest + character })).isInvalid(field);
      expect(answer.text).toContain(String(limit));
    }
  }

  test.each(hospitalFields)("a hospital's %s has at most %i", async (field, limit) => {
    await isLimited(await service.given.medic(), '/hospital/', HOSPITAL, field, limit);
  });

  test.each(['name', 'cedula_prof', 'specialty_no', 'specialty', 'alma_mater', 'campaign'])(
    "a medic's %s has at most 255",
    async (field) => {
      const creator = await service.given.medic();
      for (const text of ['x', '🩺']) {
        const longest = { [field]: text.repeat(255) };
        (await creator.post('/medics/', { ...medicBody(), ...longest })).isCreated(longest);
        const answer = await creator.post('/medics/', { ...medicBody(), [field]: text.repeat(256) });
        expect(answer.isInvalid(field).text).toContain('255');
      }
    },
  );

  test('an email has at most 254', async () => {
    const creator = await service.given.medic();
    const domain = `${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(58)}.mx`;
    const email = `${'a'.repeat(254 - domain.length - 1)}@${domain}`;
    (await creator.post('/medics/', { ...medicBody(), email })).isCreated({ email });
    const longer = await creator.post('/medics/', { ...medicBody(), email: email.replace('.mx', '.com') });
    expect(longer.isInvalid('email').text).toContain('254');
  });

  test('a password has from 8 to 1024', async () => {
    const creator = await service.given.medic();
    for (const length of [8, 1024]) {
      (await creator.post('/medics/', { ...medicBody(), password: '🔑'.repeat(length) })).isCreated();
    }
    for (const [length, limit] of [
      [7, '8'],
      [1025, '1024'],
    ] as const) {
      const answer = await creator.post('/medics/', { ...medicBody(), password: '🔑'.repeat(length) });
      expect(answer.isInvalid('password').text).toContain(limit);
    }
  });
});

test.each([
  ['composed', 'Clínica Núñez'.normalize('NFC')],
  ['decomposed', 'Clínica Núñez'.normalize('NFD')],
  ['from right to left', 'مستشفى \u202bהדסה\u202c \u200f'],
  ['joined', '👩🏽‍⚕️👨‍👩‍👧‍👦🇲🇽'],
  ['of control characters', 'a\tb\r\nc\u0001\u007f\u0085'],
  ['of rare code points', '\ufffd\ufffe\uffff\u{1fffe}\u{10ffff}\ue000\u2028'],
  ['that looks like markup or SQL', `<b>&amp;"'; DROP TABLE medic; -- %s $1 \\ \\u0041`],
  ['that folds', 'İıſßẞΣςK'],
])('text %s is stored and answered code point for code point', async (_, text) => {
  const medic = await service.given.medic();
  for (const body of [{ ...HOSPITAL, name: text }, new URLSearchParams({ ...HOSPITAL, name: text })]) {
    const { id } = (await medic.post('/hospital/', body)).isCreated({ name: text }).body<{ id: number }>();
    (await medic.get(`/hospital/${String(id)}`)).isOk({ name: text });
    const [row] = await service.dataSource.query<[{ name: string }]>('SELECT name FROM hospital WHERE id = $1', [id]);
    expect(row.name).toBe(text);
  }
});
