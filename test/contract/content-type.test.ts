import { gzipSync } from 'node:zlib';
import { HOSPITAL } from '../support/bodies.js';
import { rawRequest, sendRaw } from '../support/raw.js';
import { useService } from '../support/service.js';

const service = useService();

test.each(['application/json; charset=utf-8', 'APPLICATION/JSON', 'application/json;charset=UTF-8'])(
  'a body with the content type %s is accepted',
  async (type) => {
    const medic = await service.given.medic();
    (await medic.post('/hospital/', HOSPITAL, { headers: { 'content-type': type } })).isCreated(HOSPITAL);
  },
);

test('a form body is accepted', async () => {
  const medic = await service.given.medic();
  for (const type of ['application/x-www-form-urlencoded', 'application/x-www-form-urlencoded; charset=UTF-8']) {
    const body = 'name=Cl%C3%ADnica+San%20Jos\u00e9&patron=P&location=L&contact=%2B52&page_size=1';
    const response = await medic.post('/hospital/', body, { headers: { 'content-type': type } });
    response.isCreated({ name: 'Clínica San José', contact: '+52', page_size: true });
  }
});

test.each(['text/plain', 'application/xml', 'application/merge-patch+json', 'application/jsonp', 'nonsense', '*/*'])(
  'a body with the content type %s is a 415',
  async (type) => {
    const medic = await service.given.medic();
    (await medic.post('/medics/', '{}', { headers: { 'content-type': type } })).isError(415);
  },
);

test.each([
  ['/management/memberships/bulk/', 'application/json, application/x-www-form-urlencoded or text/csv'],
  ['/hospital/', 'application/json, application/x-www-form-urlencoded or multipart/form-data'],
  ['/management/memberships/', 'application/json or application/x-www-form-urlencoded'],
])('a 415 of %s names every type that it accepts', async (path, types) => {
  const medic = await service.given.medic();
  for (const type of ['application/xml', 'nonsense']) {
    const refused = await medic.post(path, '{}', { headers: { 'content-type': type } });
    refused.isError(415, `Unsupported media type; send ${types}, not compressed.`);
  }
});

test.each([
  ['/access/v1/evaluation', 'application/json'],
  ['/oauth2/introspect', 'application/x-www-form-urlencoded'],
])('a 415 of %s names the only type that it accepts', async (path, type) => {
  const header = { 'Content-Type': type, 'Content-Encoding': 'gzip' };
  const refused = await sendRaw(service.client.url, rawRequest(`POST ${path}`, header, 'x'));
  expect(JSON.stringify(refused.is(415).body())).toContain(`Unsupported media type; send ${type}, not compressed.`);
});

test('a body without a content type is a 415', async () => {
  const { token } = await service.given.medic();
  const request = rawRequest('POST /api/v2/hospital/', { Authorization: `Token ${token}` }, JSON.stringify(HOSPITAL));
  (await sendRaw(service.client.url, request)).is(415);
});

test('a multipart body is a 415 if the route has no uploads', async () => {
  const medic = await service.given.medic();
  const form = new FormData();
  form.set('name', 'x');
  (await medic.post('/medics/', form)).is(415);
  (await medic.post('/management/memberships/', form)).is(415);
});

test('a compressed body is a 415', async () => {
  const medic = await service.given.medic();
  const body = gzipSync(JSON.stringify(HOSPITAL));
  (await medic.post('/hospital/', body, { headers: { 'content-encoding': 'gzip' } })).is(415);
  (await medic.post('/hospital/', HOSPITAL, { headers: { 'content-encoding': 'identity' } })).isCreated();
});
