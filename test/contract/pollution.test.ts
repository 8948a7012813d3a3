import { HOSPITAL, medicBody } from '../support/bodies.js';
import { useService } from '../support/service.js';

const service = useService();

const POISON = '{"is_admin":false,"limit":"1","role":"ADMIN","polluted":true,"isActive":false}';
const NAMES = ['__proto__', 'constructor', 'prototype', '__defineGetter__'];
const PATHS = NAMES.flatMap((name) => [
  `${name}[limit]`,
  `${name}.limit`,
  `${name}[prototype][limit]`,
  `${name}[polluted]`,
]);

/** No object has an inherited field, and the next requests succeed. */
afterEach(async () => {
  const inherited: string[] = [];
  for (const name in {}) inherited.push(name);
  expect([inherited, Object.keys(Object.prototype), 'polluted' in {}, 'limit' in []]).toEqual([[], [], false, false]);
  const medic = await service.given.medic();
  for (const name of ['A', 'B']) (await medic.post('/hospital/', { ...HOSPITAL, name })).isCreated({ is_admin: true });
  const page = (await medic.get('/hospital/')).isOk({ count: 2, next: null }).body<{ results: unknown[] }>();
  expect(page.results).toHaveLength(2);
});

test('JSON that names the prototype of an object changes nothing', async () => {
  const { admin, adminship, hospital } = await service.given.hospital();
  const poisons = [
    `{"__proto__":${POISON}}`,
    `{"constructor":{"prototype":${POISON}}}`,
    `{"id":{"__proto__":${POISON}}}`,
    `{"id":[{"__proto__":{"__proto__":${POISON}}}]}`,
    `{"id":{"constructor":{"prototype":${POISON}}}}`,
    `{"created_at":{"__proto__":null},"date_joined":{"toString":1,"valueOf":1,"hasOwnProperty":1}}`,
  ];
  for (const poison of poisons) {
    const fields = JSON.stringify(HOSPITAL).slice(0, -1);
    const sent = [
      await admin.post('/hospital/', `${fields},${poison.slice(1)}`),
      await admin.patch(`/hospital/${String(hospital)}`, poison),
      await admin.patch(`/management/memberships/${String(adminship)}`, poison),
      await admin.patch(`/medics/${String(admin.id)}`, poison),
      await admin.post('/token-auth/', poison),
    ];
    for (const { status } of sent) expect([200, 201, 202, 400]).toContain(status);
  }
});

test.each(['__proto__', 'constructor', 'prototype'])(
  'a row of a list with the unknown field %s fails',
  async (name) => {
    const { admin, hospital, outsider } = await service.given.hospital();
    const row = `{"medic":${String(outsider.id)},"${name}":{}}`;
    const answer = await admin.post(
      '/management/memberships/bulk/',
      `{"hospital":${String(hospital)},"memberships":[${row}]}`,
    );
    const [result] = answer.isOk({ created: 0, failed: 1 }).body<{ results: unknown[] }>().results;
    expect(result).toEqual({ index: 0, status: 'failed', errors: { [name]: ['Unknown field; remove it.'] } });
  },
);

test('a form that names the prototype of an object is refused', async () => {
  const { admin, hospital } = await service.given.hospital();
  for (const path of [...PATHS, ...NAMES]) {
    const form = new URLSearchParams({ headline: 'x' });
    form.append(path, '1');
    (await admin.patch(`/hospital/${String(hospital)}`, form)).isInvalid(path);
    (await admin.patch(`/medics/${String(admin.id)}`, new URLSearchParams({ [path]: '1', campaign: 'x' }))).isError(
      400,
    );
  }
});

test('an upload that names the prototype of an object is refused', async () => {
  const { admin, hospital } = await service.given.hospital();
  for (const path of [...PATHS, ...NAMES]) {
    const form = new FormData();
    form.append(path, POISON);
    (await admin.patch(`/hospital/${String(hospital)}`, form)).isError(400);
  }
});

test('a query that names the prototype of an object is ignored', async () => {
  const medic = await service.given.medic();
  for (const path of [...PATHS, ...NAMES]) {
    for (const list of ['/hospital/', '/medics/', '/management/memberships/']) {
      (await medic.get(`${list}?${encodeURIComponent(path)}=1&${path}=2`)).isOk({ count: 0, results: [] });
    }
  }
});

test('a required field is not read from the prototype of the body', async () => {
  const medic = await service.given.medic();
  (await medic.post('/hospital/', '{}')).isInvalid('name', 'patron', 'location', 'contact');
  (await medic.post('/medics/', medicBody())).isCreated({ is_active: true, hospital: null });
});
