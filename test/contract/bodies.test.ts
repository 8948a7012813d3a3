import { HOSPITAL } from '../support/bodies.js';
import { rawRequest, sendRaw } from '../support/raw.js';
import { useService } from '../support/service.js';

const service = useService();

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const MEGABYTE = 1_048_576;
const TOO_LARGE = /at most 1 MB/;

/** @returns a hospital as JSON text with `fields` appended verbatim */
function jsonWith(fields: string): string {
  return `${JSON.stringify(HOSPITAL).slice(0, -1)},${fields}}`;
}

describe('JSON', () => {
  test.each([
    '{',
    '{"name":"x"',
    "{'name':'x'}",
    '{"name":NaN}',
    '{"name":01}',
    '{} {}',
    '{"name":"\t"}',
    '\ufffd',
    '{"a"}',
  ])('malformed JSON is a 400: %j', async (body) => {
    const medic = await service.given.medic();
    (await medic.post('/hospital/', body)).isInvalid('non_field_errors');
    (await medic.post('/management/memberships/', body)).isInvalid('non_field_errors');
  });

  test.each(['"name":"Other"', '"name":"Hospital"', '"n\\u0061me":"Hospital"', '"id":{"id":1,"id":1}', '"x":1,"x":2'])(
    'JSON with a duplicate key is a 400: %s',
    async (twice) => {
      const medic = await service.given.medic();
      (await medic.post('/hospital/', jsonWith(twice))).isError(400);
    },
  );

  test('the 400 for malformed JSON does not repeat the body, because it may contain a password', async () => {
    const headers = { 'content-type': 'application/json' };
    const response = await service.client.post('/token-auth/', 'password=my secret', { headers });
    response.isInvalid('non_field_errors');
    expect(response.text).not.toContain('secret');
  });

  test('an unreadable body sent to an unknown path is a 404', async () => {
    (await service.client.post('/nowhere', '{bad')).isNotFound();
    (await service.client.post('/nowhere', 'x', { headers: { 'content-type': 'text/plain' } })).isNotFound();
    (await service.client.post('/nowhere', 'x'.repeat(MEGABYTE + 1))).isNotFound();
  });

  test.each([10, 100, 100_000])('JSON that nests %i levels too deep is a 400', async (levels) => {
    const medic = await service.given.medic();
    const deep = (open: string, close: string) => `"id":${open.repeat(levels + 32)}1${close.repeat(levels + 32)}`;
    (await medic.post('/hospital/', jsonWith(deep('[', ']')))).isInvalid('non_field_errors');
    (await medic.post('/hospital/', jsonWith(deep('{"a":', '}')))).isInvalid('non_field_errors');
  });

  test('JSON text may contain any number of brackets', async () => {
    const name = '[{"\\'.repeat(50);
    const medic = await service.given.medic();
    (await medic.post('/hospital/', { ...HOSPITAL, name })).isCreated({ name });
  });

  test('a megabyte of unterminated quotes is a 400 like any other malformed JSON', async () => {
    const medic = await service.given.medic();
    (await medic.post('/hospital/', `"${'\\"'.repeat(MEGABYTE / 2 - 1)}`)).isInvalid('non_field_errors');
  });

  test.each(['[]', '[{}]', 'null', 'true', '"text"', '7', '1.0'])(
    'JSON that is not an object is a 400: %s',
    async (body) => {
      const medic = await service.given.medic();
      (await medic.post('/hospital/', body)).isInvalid('non_field_errors');
      (await medic.patch(`/medics/${String(medic.id)}`, body)).isInvalid('non_field_errors');
    },
  );
});

describe('an unknown field', () => {
  test.each([
    'naem',
    'constructor',
    'toString',
    'hasOwnProperty',
    'prototype',
    '',
    '0',
    'name ',
    'Name',
    'createdById',
  ])('an unknown field is a 400 that names it: %j', async (field) => {
    const { admin, adminship, hospital, outsider } = await service.given.hospital();
    const extra = { [field]: 'x' };
    (await admin.post('/hospital/', { ...HOSPITAL, ...extra })).isInvalid(field);
    (await admin.post('/hospital/', new URLSearchParams({ ...HOSPITAL, ...extra }))).isInvalid(field);
    (await admin.addMember(hospital, outsider, extra)).isInvalid(field);
    (await admin.changeMembership(adminship, extra)).isInvalid(field);
    (await admin.patch(`/medics/${String(admin.id)}`, extra)).isInvalid(field);
  });

  test('the unknown field __proto__ is a 400 that names it', async () => {
    const medic = await service.given.medic();
    for (const value of ['"x"', 'null', '{"is_active":false}']) {
      (await medic.post('/hospital/', jsonWith(`"__proto__":${value}`))).isInvalid('__proto__');
    }
    const form = new URLSearchParams([...Object.entries(HOSPITAL), ['__proto__', 'x']] as [string, string][]);
    (await medic.post('/hospital/', form)).isInvalid('__proto__');
  });

  test('a body with more than 100 unknown fields is refused at once', async () => {
    const medic = await service.given.medic();
    const names = Array.from({ length: 80_000 }, (_, index) => `k${String(index)}`);
    const many = names.map((name) => `"${name}":1`).join(',');
    for (const body of [`{${many}}`, jsonWith(`"id":{${many}}`)]) {
      (await medic.post('/hospital/', body)).isInvalid('non_field_errors');
    }
    (await medic.post('/hospital/', names.join('&'), { headers: FORM })).isInvalid('non_field_errors');
  });

  test('the 400 for an unknown field quotes at most 100 characters of its name', async () => {
    const medic = await service.given.medic();
    const response = await medic.post('/hospital/', { ...HOSPITAL, ['n'.repeat(100_000)]: 1 });
    expect(response.isInvalid('n'.repeat(100)).text.length).toBeLessThan(400);
  });

  test('unknown fields are reported together with all other invalid fields', async () => {
    const medic = await service.given.medic();
    const body = { ...HOSPITAL, name: '', page_size: 'x', a: 1, b: 2 };
    (await medic.post('/hospital/', body)).isInvalid('name', 'page_size', 'a', 'b');
  });
});

test('a body contains at most 20,000 values', async () => {
  const medic = await service.given.medic();
  const ids = (count: number) => Array.from({ length: count }, () => ({ id: 1.5, a: [] }));
  (await medic.post('/hospital/', { ...HOSPITAL, id: ids(6_600) })).isCreated(HOSPITAL);
  (await medic.post('/hospital/', { ...HOSPITAL, id: ids(6_700) })).isInvalid('non_field_errors');
});

describe('the size of a body', () => {
  test('a body of 1 MB is accepted', async () => {
    const medic = await service.given.medic();
    const frame = JSON.stringify({ ...HOSPITAL, name: '' }).length;
    (await medic.post('/hospital/', { ...HOSPITAL, name: 'x'.repeat(MEGABYTE - frame) })).isInvalid('name');
  });

  test('a body one byte over 1 MB is a 413, with Content-Length or chunked', async () => {
    const { token } = await service.given.medic();
    const body = ' '.repeat(MEGABYTE + 1);
    const headers = { Authorization: `Token ${token}`, 'Content-Type': 'application/json' };
    const line = 'POST /api/v2/hospital/';
    const { url } = service.client;
    (await sendRaw(url, rawRequest(line, headers, body))).isError(413, TOO_LARGE);
    const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const chunked = `${line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n${head.join('')}\r\n`;
    const chunk = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    (await sendRaw(url, chunked, chunk)).isError(413, TOO_LARGE);
  });
});

describe('an empty body', () => {
  test.each([{}, { 'content-type': 'application/json' }, { ...FORM }])(
    'a PATCH with an empty body changes nothing and returns the object: %j',
    async (headers) => {
      const { admin, adminship, hospital } = await service.given.hospital();
      const before = await service.client.rows();
      for (const body of [undefined, '']) {
        (await admin.patch(`/management/memberships/${String(adminship)}`, body, { headers })).isCreated({
          id: adminship,
        });
        (await admin.patch(`/hospital/${String(hospital)}`, body, { headers })).isCreated({ id: hospital });
        (await admin.patch(`/medics/${String(admin.id)}`, body, { headers })).is(202, { id: admin.id });
      }
      expect(await service.client.rows()).toBe(before);
    },
  );

  test('a POST with an empty body is a 400 that names the required fields', async () => {
    const medic = await service.given.medic();
    for (const body of [undefined, {}]) {
      (await medic.post('/hospital/', body)).isInvalid('name', 'patron', 'location', 'contact');
    }
  });
});

test.each(['application/json', 'text/plain', 'multipart/form-data', 'nonsense', ''])(
  'GET, HEAD, DELETE and OPTIONS ignore the content type %j',
  async (type) => {
    const { admin, membership } = await service.given.hospital();
    const headers = { 'content-type': type };
    (await admin.get('/medics/', { headers })).isOk();
    (await admin.send('HEAD', '/medics/', { headers })).isOk();
    (await admin.send('OPTIONS', '/medics/', { headers, body: '{' })).is(204);
    (await admin.delete(`/management/memberships/${String(membership)}`, { headers, body: '{' })).isCreated();
    const again = await service.given.hospital();
    (await again.admin.delete(`/management/memberships/${String(again.membership)}`, { headers })).isCreated();
  },
);
