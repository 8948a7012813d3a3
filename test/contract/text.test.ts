import type { Actor } from '../support/actor.js';
import { HOSPITAL, medicBody } from '../support/bodies.js';
import { useService } from '../support/service.js';

const service = useService();

/** @returns the JSON of a hospital whose name consists of these raw bytes */
function hospitalNamed(...name: number[]): Buffer {
  const [before = '', after = ''] = JSON.stringify({ ...HOSPITAL, name: '*' }).split('*');
  return Buffer.concat([Buffer.from(before), Buffer.from(name), Buffer.from(after)]);
}

describe('text that cannot be stored', () => {
  test.each(['\\u0000', 'a\\u0000b', '\\ud800', '\\udc00', '\\udc00\\ud800', 'x\\ud83dx', '\\ud83d\\ud83d\\ude00'])(
    'escaped text that cannot be stored is a 400 that names the field: %s',
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
    ['an invalid byte', [0xff]],
    ['a truncated character', [0xc3]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['an overlong encoding', [0xc0, 0x80]],
    ['a code point beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['an invalid byte before an escaped lone surrogate', [0xff, ...Buffer.from('\\udc00')]],
    ['an invalid byte after an escaped lone surrogate', [...Buffer.from('\\ud800'), 0xff]],
    ['a raw U+0000', [0]],
  ])('bytes that are not UTF-8 are a 400 that names the field: %s', async (_, bytes) => {
    const medic = await service.given.medic();
    const response = await medic.post('/hospital/', hospitalNamed(...bytes));
    response.isInvalid(bytes[0] === 0 ? 'non_field_errors' : 'name');
  });

  test('bytes that are not UTF-8 outside any field are a 400', async () => {
    const medic = await service.given.medic();
    const body = Buffer.concat([Buffer.from(JSON.stringify(HOSPITAL)), Buffer.from([0xff])]);
    (await medic.post('/hospital/', body)).isInvalid('non_field_errors');
  });

  test.each(['%00', '%FF', 'a%ED%A0%80'])('text that cannot be stored is a 400 in a query: %s', async (text) => {
    const medic = await service.given.medic();
    (await medic.get(`/search/medics/?query=${text}`)).isInvalid('query');
    (await medic.get(`/management/memberships/?type_membership=${text}`)).isInvalid('type_membership');
  });
});

describe('required text', () => {
  test.each(['', ' ', '\t\n', '\u00a0', '\u3000\u2003', '\ufeff'])(
    'required text may not be blank: %j',
    async (blank) => {
      const { admin, hospital } = await service.given.hospital();
      const all = { name: blank, patron: blank, location: blank, contact: blank };
      (await admin.post('/hospital/', all)).isInvalid('name', 'patron', 'location', 'contact');
      (await admin.post('/hospital/', new URLSearchParams(all))).isInvalid('name', 'patron', 'location', 'contact');
      (await admin.patch(`/hospital/${String(hospital)}`, { name: blank })).isInvalid('name');
      (await admin.post('/medics/', { ...medicBody(), name: blank })).isInvalid('name');
      (await admin.patch(`/medics/${String(admin.id)}`, { name: blank })).isInvalid('name');
    },
  );

  test('required text may not be null', async () => {
    const { admin, hospital } = await service.given.hospital();
    (await admin.post('/hospital/', { ...HOSPITAL, name: null })).isInvalid('name');
    (await admin.patch(`/hospital/${String(hospital)}`, { name: null, headline: null })).isInvalid('name', 'headline');
  });

  test('text keeps its leading and trailing whitespace', async () => {
    const medic = await service.given.medic();
    (await medic.post('/hospital/', { ...HOSPITAL, name: ' \ta ' })).isCreated({ name: ' \ta ' });
  });
});

describe('lengths in code points', () => {
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
      const response = (await medic.post(path, { ...body, [field]: longest + character })).isInvalid(field);
      expect(response.text).toContain(String(limit));
    }
  }

  test.each(hospitalFields)("a hospital's %s has at most %i code points", async (field, limit) => {
    await isLimited(await service.given.medic(), '/hospital/', HOSPITAL, field, limit);
  });

  test.each(['name', 'cedula_prof', 'specialty_no', 'specialty', 'alma_mater', 'campaign'])(
    "a medic's %s has at most 255 code points",
    async (field) => {
      const creator = await service.given.medic();
      for (const text of ['x', '🩺']) {
        const longest = { [field]: text.repeat(255) };
        (await creator.post('/medics/', { ...medicBody(), ...longest })).isCreated(longest);
        const response = await creator.post('/medics/', { ...medicBody(), [field]: text.repeat(256) });
        expect(response.isInvalid(field).text).toContain('255');
      }
    },
  );

  test('an email has at most 254 code points', async () => {
    const creator = await service.given.medic();
    const domain = `${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(58)}.mx`;
    const email = `${'a'.repeat(254 - domain.length - 1)}@${domain}`;
    (await creator.post('/medics/', { ...medicBody(), email })).isCreated({ email });
    const longer = await creator.post('/medics/', { ...medicBody(), email: email.replace('.mx', '.com') });
    expect(longer.isInvalid('email').text).toContain('254');
  });

  test('a password has 8 to 1024 code points', async () => {
    const creator = await service.given.medic();
    for (const length of [8, 1024]) {
      (await creator.post('/medics/', { ...medicBody(), password: '🔑'.repeat(length) })).isCreated();
    }
    for (const [length, limit] of [
      [7, '8'],
      [1025, '1024'],
    ] as const) {
      const response = await creator.post('/medics/', { ...medicBody(), password: '🔑'.repeat(length) });
      expect(response.isInvalid('password').text).toContain(limit);
    }
  });
});

test.each([
  ['composed', 'Clínica Núñez'.normalize('NFC')],
  ['decomposed', 'Clínica Núñez'.normalize('NFD')],
  ['written right to left', 'مستشفى \u202bהדסה\u202c \u200f'],
  ['with joiners', '👩🏽‍⚕️👨‍👩‍👧‍👦🇲🇽'],
  ['with control characters', 'a\tb\r\nc\u0001\u007f\u0085'],
  ['with rare code points', '\ufffd\ufffe\uffff\u{1fffe}\u{10ffff}\ue000\u2028'],
  ['that looks like markup or SQL', `<b>&amp;"'; DROP TABLE medic; -- %s $1 \\ \\u0041`],
  ['that starts with U+FEFF, as a byte order mark does', '\ufeffa\ufeff'],
  ['that changes when it is case-folded', 'İıſßẞΣςK'],
])('text %s is stored and returned code point by code point', async (_, text) => {
  const medic = await service.given.medic();
  for (const body of [{ ...HOSPITAL, name: text }, new URLSearchParams({ ...HOSPITAL, name: text })]) {
    const { id } = (await medic.post('/hospital/', body)).isCreated({ name: text }).body<{ id: number }>();
    (await medic.get(`/hospital/${String(id)}`)).isOk({ name: text });
    const [row] = await service.dataSource.query<[{ name: string }]>('SELECT name FROM hospital WHERE id = $1', [id]);
    expect(row.name).toBe(text);
  }
});
