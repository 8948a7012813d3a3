import { createHash } from 'node:crypto';
import type { Actor } from '../support/actor.js';
import { HOSPITAL, medicBody } from '../support/bodies.js';
import type { CheckedResponse } from '../support/checked-response.js';
import { API } from '../support/client.js';
import type { HospitalScene } from '../support/given.js';
import { rawRequest, sendRaw } from '../support/raw.js';
import { useService } from '../support/service.js';
import { readTags } from '../../src/http/output/entity-tag.js';

const service = useService();

const tagOf = ({ headers }: CheckedResponse) => headers.get('etag') ?? '';

/** The object that each route returns, for an ADMIN. */
const OBJECTS: [name: string, path: (scene: HospitalScene) => string][] = [
  ['a membership', ({ membership }) => `/management/memberships/${String(membership)}`],
  ['a hospital', ({ hospital }) => `/hospital/${String(hospital)}`],
  ['a medic', ({ admin }) => `/medics/${String(admin.id)}`],
  ['the own account', () => '/medics/me'],
  ['the own account at its old path', () => '//rest-auth/user/'],
];

describe.each(OBJECTS)('%s', (name, pathOf) => {
  async function given(): Promise<{ admin: Actor; path: string; full: CheckedResponse }> {
    const scene = await service.given.hospital();
    const path = pathOf(scene);
    return { admin: scene.admin, path, full: (await scene.admin.get(path)).isOk() };
  }

  test(`${name} carries a strong entity tag that is a digest of the body`, async () => {
    const { full } = await given();
    expect(tagOf(full)).toBe(`"${createHash('sha256').update(full.text).digest('base64url')}"`);
    expect(full.headers.get('cache-control')).toBe('private, no-store');
  });

  test.each([
    ['the tag', (tag: string) => tag],
    ['the weak form of the tag', (tag: string) => `W/${tag}`],
    ['a list with the tag', (tag: string) => `"other", W/"x,y" ,, ${tag}`],
    ['any tag', () => '*'],
  ])(`${name} is a 304 without a body for a client that has %s`, async (_, sent) => {
    const { admin, path, full } = await given();
    const headers = { 'if-none-match': sent(tagOf(full)) };
    for (const method of ['GET', 'HEAD']) {
      const answer = await admin.send(method, path, { headers });
      expect([answer.status, answer.text, tagOf(answer)]).toEqual([304, '', tagOf(full)]);
      expect(answer.headers.get('content-type')).toBeNull();
      expect(answer.headers.get('cache-control')).toBe('private, no-store');
      expect(answer.headers.get('x-request-id')).toMatch(/./);
    }
  });

  test.each(['"other"', '"other", "more"', 'W/"other"', '', ',', 'bare', '"open'])(
    `${name} is returned in full to a client that sends If-None-Match: %s`,
    async (value) => {
      const { admin, path, full } = await given();
      const answer = (await admin.get(path, { headers: { 'if-none-match': value } })).isOk();
      expect([answer.text, tagOf(answer)]).toEqual([full.text, tagOf(full)]);
    },
  );

  test(`HEAD of ${name} has the tag of GET`, async () => {
    const { admin, path, full } = await given();
    expect(tagOf(await admin.send('HEAD', path))).toBe(tagOf(full));
  });

  test(`${name} that changed is returned again`, async () => {
    const scene = await service.given.hospital();
    const { admin, hospital, membership } = scene;
    const before = tagOf((await admin.get(pathOf(scene))).isOk());
    (await admin.changeMembership(membership, { type_membership: 'ADMIN' })).isCreated();
    (await admin.patch(`/hospital/${String(hospital)}`, { name: 'Other' })).isCreated();
    (await admin.patch(`/medics/${String(admin.id)}`, { name: 'Other' })).is(202);
    const answer = (await admin.get(pathOf(scene), { headers: { 'if-none-match': before } })).isOk();
    expect(tagOf(answer)).not.toBe(before);
  });
});

describe('The tag after a write is that of the following GET', () => {
  const expectSameTag = async (admin: Actor, written: CheckedResponse, path: string) => {
    expect(tagOf(written)).toMatch(/^"[\w-]+"$/);
    expect(tagOf((await admin.get(path)).isOk())).toBe(tagOf(written));
  };

  test.each([
    ['in one statement', {}],
    ['in a transaction', { is_active: false }],
  ])('after the creation of a membership %s the tag is that of the following GET', async (_, extra) => {
    const { admin, hospital, outsider } = await service.given.hospital();
    const created = (await admin.addMember(hospital, outsider, extra)).isCreated();
    await expectSameTag(admin, created, `/management/memberships/${String(created.body<{ id: number }>().id)}`);
  });

  test.each([
    ['a change of type alone', { type_membership: 'ADMIN' }],
    ['another change', { is_deleted: true }],
    ['a change of nothing', {}],
  ])('after %s of a membership the tag is that of the following GET', async (_, change) => {
    const { admin, membership } = await service.given.hospital();
    const changed = (await admin.changeMembership(membership, change)).isCreated();
    await expectSameTag(admin, changed, `/management/memberships/${String(membership)}`);
  });

  test('after the removal of a membership the tag is that of the following GET', async () => {
    const { admin, membership } = await service.given.hospital();
    const removed = (await admin.removeMembership(membership)).isCreated();
    await expectSameTag(admin, removed, `/management/memberships/${String(membership)}`);
  });

  test('after the creation and a change of a hospital the tag is that of the following GET', async () => {
    const admin = await service.given.medic();
    const created = (await admin.post('/hospital/', HOSPITAL)).isCreated();
    const path = `/hospital/${String(created.body<{ id: number }>().id)}`;
    await expectSameTag(admin, created, path);
    await expectSameTag(admin, (await admin.patch(path, { headline: 'Ñandú' })).isCreated(), path);
  });

  test('after the creation of a medic, whose response also has the key, and a change, the tag is that of the following GET', async () => {
    const { admin, hospital } = await service.given.hospital();
    const created = (await admin.post('/medics/', medicBody({ hospital }))).isCreated();
    const path = `/medics/${String(created.body<{ id: number }>().id)}`;
    await expectSameTag(admin, created, path);
    await expectSameTag(admin, (await admin.patch(path, { name: 'Other' })).is(202), path);
  });
});

test('a refusal, a list and a location carry no tag', async () => {
  const { admin, hospital, outsider } = await service.given.hospital();
  for (const answer of [
    (await admin.get('/management/memberships/')).isOk(),
    (await admin.get(`/memberships/${String(hospital)}`)).isOk(),
    (await admin.get('/locations/')).isOk(),
    (await outsider.get(`/hospital/${String(hospital)}`)).isNotFound(),
  ])
    expect(answer.headers.get('etag')).toBeNull();
});

test('a caller who may not see an object gets the usual refusal, whatever If-None-Match says', async () => {
  const { hospital, outsider } = await service.given.hospital();
  (await outsider.get(`/hospital/${String(hospital)}`, { headers: { 'if-none-match': '*' } })).isNotFound();
});

test('a 304 has no Content-Length and no body on the wire', async () => {
  const { admin } = await service.given.hospital();
  const headers = { Authorization: `Token ${admin.token}`, 'If-None-Match': '*' };
  const answer = await sendRaw(service.client.url, rawRequest(`GET ${API}/medics/me`, headers));
  expect([answer.status, answer.text, answer.headers.get('content-length')]).toEqual([304, '', null]);
});

test('the tag of a hospital with a picture depends on the host that the client names', async () => {
  const { admin, hospital } = await service.given.hospital();
  await service.dataSource.query(
    `INSERT INTO hospital_picture (hospital_id, kind, digest, content) VALUES ($1, 'picture', sha256('x'), 'x')`,
    [hospital],
  );
  const tags = [];
  for (const host of ['one.example.org', 'two.example.org']) {
    const headers = { Authorization: `Token ${admin.token}`, Host: host };
    tags.push(tagOf(await sendRaw(service.client.url, rawRequest(`GET ${API}/hospital/${String(hospital)}`, headers))));
  }
  expect(new Set(tags).size).toBe(2);
});

describe('Reading a list of tags', () => {
  test.each<[string, ReturnType<typeof readTags>]>([
    ['*', '*'],
    [' * ', '*'],
    ['"a"', [{ isWeak: false, tag: '"a"' }]],
    ['""', [{ isWeak: false, tag: '""' }]],
    ['W/"a"', [{ isWeak: true, tag: '"a"' }]],
    [
      ' , "a,b" ,, W/"\xff"\t, ',
      [
        { isWeak: false, tag: '"a,b"' },
        { isWeak: true, tag: '"\xff"' },
      ],
    ],
    ['', null],
    [',', null],
    ['a', null],
    ['"a', null],
    ['"a" "b"', null],
    ['"a"b', null],
    ['w/"a"', null],
    ['W/ "a"', null],
    ['"a b"', null],
    ['*, "a"', null],
    ['"a", *', null],
  ])('%j', (value, expected) => {
    expect(readTags(value)).toEqual(expected);
  });
});
