import type { Actor } from '../support/actor.js';
import { useService } from '../support/service.js';

const service = useService();

const PATH = '/management/memberships/';

/** @returns a hospital whose MEMBER is Ana, and her membership as the API returns it */
async function scene() {
  const { given } = service;
  const { hospital, admin, outsider } = await given.hospital();
  const ana = await given.medic({ name: 'Ana María Núñez' });
  const id = await given.membership(ana, hospital, {
    isActive: true,
    dateJoined: new Date('2020-11-04T01:12:12.017Z'),
  });
  const object = {
    id,
    medic: { id: ana.id, name: 'Ana María Núñez', email: ana.email },
    hospital,
    type_membership: 'MEMBER',
    is_active: true,
    is_deleted: false,
    date_joined: '2020-11-04T01:12:12.017000Z',
  };
  return { hospital, admin, outsider, ana, id, object, path: `${PATH}${String(id)}/` };
}

describe("The specification's page on memberships", () => {
  test("GET /management/memberships/ lists the caller's own memberships in pages", async () => {
    const { ana, object } = await scene();
    const answer = (await ana.get(PATH)).isOk();
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.json).toEqual({ count: 1, next: null, previous: null, results: [object] });
  });

  test('a medic reads one of their own memberships', async () => {
    const { ana, object, path } = await scene();
    expect((await ana.get(path)).isOk().json).toEqual(object);
  });

  test('a membership is hidden from an outsider', async () => {
    const { outsider, path } = await scene();
    (await outsider.get(path)).isNotFound('Not found');
  });

  test("the list of a hospital's memberships is a bare array, newest first", async () => {
    const { admin, hospital, object } = await scene();
    const list = (await admin.get(`/memberships/${String(hospital)}/`)).isOk().body<object[]>();
    expect(list).toHaveLength(3);
    expect(list.at(-1)).toEqual(object);
  });

  test('an ADMIN creates a membership', async () => {
    const { admin, hospital, outsider } = await scene();
    const sent = { medic: outsider.id, hospital, type_membership: 'ADMIN', is_active: true };
    const answer = (await admin.post(PATH, sent)).isCreated();
    const id = expect.any(Number) as number;
    expect(answer.json).toEqual({ id, medic: outsider.id, hospital, type_membership: 'ADMIN' });
  });

  test('creating a membership that exists responds that it should be edited instead', async () => {
    const { admin, hospital, ana, id } = await scene();
    expect((await admin.post(PATH, { medic: ana.id, hospital, type_membership: 'MEMBER' })).is(409).json).toEqual({
      message: 'Membership already exists please edit instead of trying to create it again.',
      membership: id,
    });
  });

  test('a change responds with 201 and the membership', async () => {
    const { admin, object, path } = await scene();
    const answer = (await admin.patch(path, { type_membership: 'ADMIN' })).isCreated();
    expect(answer.json).toEqual({ ...object, type_membership: 'ADMIN' });
  });

  test('a removal responds with 201 and the membership, and is_deleted false restores it', async () => {
    const { admin, object, path } = await scene();
    expect((await admin.delete(path)).isCreated().json).toEqual({ ...object, is_deleted: true });
    expect((await admin.patch(path, { is_deleted: false })).isCreated().json).toEqual(object);
  });

  test('a medic leaves by removing their own membership', async () => {
    const { ana, object, path } = await scene();
    expect((await ana.delete(path)).isCreated().json).toEqual({ ...object, is_deleted: true });
  });

  test('an unknown membership is not found', async () => {
    const { admin } = await scene();
    for (const method of ['GET', 'PATCH', 'DELETE'])
      (await admin.send(method, `${PATH}2147483647/`)).isNotFound('Not found');
  });

  const calls: [string, string, (s: Awaited<ReturnType<typeof scene>>) => [string, object?]][] = [
    ['the list of a hospital', 'GET', ({ hospital }) => [`/memberships/${String(hospital)}/`]],
    ['a creation', 'POST', ({ hospital, outsider }) => [PATH, { medic: outsider.id, hospital }]],
    ['a change', 'PATCH', ({ path }) => [path, { type_membership: 'ADMIN' }]],
    ['a removal', 'DELETE', ({ path }) => [path]],
  ];

  test.each(calls)('%s without the right responds with Unauthorized Medic', async (_, method, callOf) => {
    const given = await scene();
    const [path, body] = callOf(given);
    (await given.outsider.send(method, path, { body })).isRefused('Unauthorized Medic');
  });

  test.each([
    ...calls,
    ['the list', 'GET', () => [PATH]] as (typeof calls)[number],
    ['reading one', 'GET', ({ path }) => [path]] as (typeof calls)[number],
  ])('%s with an invalid token responds with Invalid Token', async (_, method, callOf) => {
    const [path, body] = callOf(await scene());
    const headers = { authorization: 'Token 9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b' };
    (await service.client.send(method, path, { body, headers })).isRefused('Invalid Token');
    (await service.client.send(method, path, { body })).isRefused('Invalid Token');
  });

  test('the authentication scheme is case-insensitive', async () => {
    const { ana, object } = await scene();
    const readAs = (scheme: string, { token }: Actor) =>
      service.client.get(PATH, { headers: { authorization: `${scheme} ${token}` } });
    for (const scheme of ['Token', 'token', 'TOKEN']) (await readAs(scheme, ana)).isOk({ results: [object] });
  });
});
