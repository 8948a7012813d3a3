import { MembershipType } from '../../src/memberships/membership.entity.js';
import type { HospitalScene } from '../support/given.js';
import { ENDED, fromNow, UPCOMING, WITHIN } from '../support/limits.js';
import { useService } from '../support/service.js';
import { givenService, type ServiceActor } from '../support/services.js';
import { answerTo, lastPosition, question, type Context } from './decisions.js';
import { resourcesOf, searchesBy, subjectsAt, type Kind } from './search.js';

const service = useService();
let searcher: ServiceActor;
let scene: HospitalScene;
beforeAll(async () => {
  searcher = await givenService(service);
  scene = await service.given.hospital();
});

const { ADMIN, MEMBER } = MembershipType;
const action = { name: 'prescribe' };
const { send, search, all } = searchesBy(() => searcher);

/** @returns a hospital with members of every standing, and the ids of its medics */
async function mixed(isActive = true): Promise<{ hospital: number; medics: number[] }> {
  const hospital = await service.given.emptyHospital({ isActive });
  const medics: number[] = [];
  for (const [columns, isAccountActive] of [
    [{ type: ADMIN }, true],
    [{ type: MEMBER }, true],
    [{ type: MEMBER, isDeleted: true }, true],
    [{ type: MEMBER }, false],
    [{ type: ADMIN }, false],
    [{ type: ADMIN, isDeleted: true }, true],
    [{ type: ADMIN, ...ENDED }, true],
    [{ type: MEMBER, ...ENDED }, true],
    [{ type: ADMIN, ...UPCOMING }, true],
    [{ type: MEMBER, ...UPCOMING }, true],
    [{ type: ADMIN, ...WITHIN }, true],
    [{ type: MEMBER, ...WITHIN }, true],
  ] as const) {
    const medic = await service.given.medic({ isActive: isAccountActive });
    medics.push(medic.id);
    await service.given.membership(medic, hospital, columns);
  }
  return { hospital, medics };
}

describe.each([true, false])('a search finds exactly what an evaluation grants, hospital active %j:', (isActive) => {
  test.each<[string, string, () => Promise<Context>]>(
    ['prescribe', 'administer'].flatMap((name): [string, string, () => Promise<Context>][] => [
      [name, 'now', () => Promise.resolve({})],
      [name, 'as of an instant', async () => ({ as_of: await fromNow(service.dataSource) })],
      [name, 'after a position', async () => ({ position: await lastPosition(service.dataSource) })],
    ]),
  )('a search for %s %s finds exactly what an evaluation grants', async (name, _, contextOf) => {
    const { hospital, medics } = await mixed(isActive);
    const context = await contextOf();
    const granted: string[] = [];
    for (const medic of medics) {
      const { decision } = await answerTo(searcher, question(medic, hospital, name, context));
      if (decision) granted.push(String(medic));
      expect(await all('resource', resourcesOf(medic, name, { context }))).toEqual(decision ? [String(hospital)] : []);
      const pair = {
        subject: { type: 'medic', id: String(medic) },
        resource: { type: 'hospital', id: String(hospital) },
        context,
      };
      expect((await all('action', pair)).includes(name)).toBe(decision);
    }
    expect(granted.length).toBe(isActive ? (name === 'prescribe' ? 4 : 2) : name === 'prescribe' ? 0 : 2);
    expect(await all('subject', subjectsAt(hospital, name, { context }))).toEqual(granted);
    expect(await all('subject', subjectsAt(hospital, name, { context }), 1)).toEqual(granted);
  });
});

test('the response has the page first, the instant, and the types that were asked for', async () => {
  const answer = await search('subject', subjectsAt(scene.hospital));
  expect(Object.keys(answer)).toEqual(['page', 'context', 'results']);
  expect(answer).toEqual({
    page: { next_token: '', count: 2 },
    context: { evaluated_at: expect.stringMatching(/\.\d{6}Z$/) as string },
    results: [scene.admin, scene.member].map(({ id }) => ({ type: 'medic', id: String(id) })),
  });
  const resources = await search('resource', resourcesOf(scene.admin.id));
  expect(resources.results).toEqual([{ type: 'hospital', id: String(scene.hospital) }]);
  const actions = await search('action', {
    subject: { type: 'medic', id: String(scene.admin.id) },
    resource: { type: 'hospital', id: String(scene.hospital) },
  });
  expect(actions.results).toEqual([{ name: 'administer' }, { name: 'prescribe' }]);
});

test('the id of what is searched for is ignored', async () => {
  const { admin, member, hospital } = scene;
  const subjects = await all('subject', { ...subjectsAt(hospital), subject: { type: 'medic', id: String(admin.id) } });
  expect(subjects).toEqual([String(admin.id), String(member.id)]);
  const resource = { type: 'hospital', id: '2000000000' };
  expect(await all('resource', resourcesOf(member.id, 'prescribe', { resource }))).toEqual([String(hospital)]);
  const { page } = await search('subject', { ...subjectsAt(hospital), page: { limit: 1 } });
  const other = { ...subjectsAt(hospital), subject: { type: 'medic', id: '7' }, page: { token: page.next_token } };
  expect((await search('subject', other)).results).toEqual([{ type: 'medic', id: String(member.id) }]);
});

test('what does not exist has an empty result', async () => {
  const { admin, hospital } = scene;
  const empty = { page: { next_token: '', count: 0 }, results: [] };
  const at = { type: 'hospital', id: String(hospital) };
  const medic = { type: 'medic', id: String(admin.id) };
  for (const [kind, body] of [
    ['subject', subjectsAt(2_000_000_000)],
    ['subject', { ...subjectsAt(hospital), subject: { type: 'spaceship' } }],
    ['subject', subjectsAt(hospital, 'fly')],
    ['subject', { ...subjectsAt(hospital), resource: { type: 'hospital', id: 'x' } }],
    ['resource', resourcesOf(2_000_000_000)],
    ['resource', { ...resourcesOf(admin.id), resource: { type: 'clinic' } }],
    ['resource', { ...resourcesOf(admin.id), subject: { type: 'user', id: String(admin.id) } }],
    ['action', { subject: { type: 'medic', id: '2000000000' }, resource: at }],
    ['action', { subject: { type: 'user', id: String(admin.id) }, resource: at }],
    ['action', { subject: medic, resource: { type: 'clinic', id: String(hospital) } }],
  ] as const)
    expect(await search(kind, body)).toMatchObject(empty);
});

describe('what is wrong is a 400 that names the member', () => {
  const medic = { type: 'medic', id: '1' };
  const hospital = { type: 'hospital', id: '1' };
  test.each<[Kind, string, object]>([
    ['subject', 'action', { subject: { type: 'medic' }, resource: hospital }],
    ['subject', 'subject', { action, resource: hospital }],
    ['subject', 'subject.type', { subject: { id: '1' }, action, resource: hospital }],
    ['subject', 'resource.id', { subject: { type: 'medic' }, action, resource: { type: 'hospital' } }],
    ['resource', 'subject', { action, resource: { type: 'hospital' } }],
    ['resource', 'subject.id', { subject: { type: 'medic' }, action, resource: { type: 'hospital' } }],
    ['resource', 'resource', { subject: medic, action }],
    ['action', 'resource', { subject: medic }],
    ['action', 'subject.id', { subject: { type: 'medic' }, resource: hospital }],
    ['subject', 'context', { subject: medic, action, resource: hospital, context: [] }],
    [
      'subject',
      'context.as_of',
      { subject: medic, action, resource: hospital, context: { as_of: '9999-01-01T00:00:00Z' } },
    ],
    [
      'resource',
      'context.as_of',
      { subject: medic, action, resource: hospital, context: { as_of: '0001-01-01T00:00:00Z' } },
    ],
    ['action', 'context.position', { subject: medic, resource: hospital, context: { position: 1_000_000 } }],
    ['resource', 'context.position', { subject: medic, action, resource: hospital, context: { position: 1_000_000 } }],
    ['subject', 'page', { subject: medic, action, resource: hospital, page: 'x' }],
    ['subject', 'page.limit', { subject: medic, action, resource: hospital, page: { limit: -1 } }],
    ['subject', 'page.limit', { subject: medic, action, resource: hospital, page: { limit: 1.5 } }],
    ['subject', 'page.limit', { subject: medic, action, resource: hospital, page: { limit: '1' } }],
  ])('a %s search with a wrong %s is a 400 that names the member', async (kind, member, body) => {
    const { errors } = (await send(kind, body)).is(400).body<{ errors: object }>();
    expect(Object.keys(errors)).toEqual([member]);
  });

  test('a form, an empty body and a body over 1 MB', async () => {
    for (const kind of ['subject', 'resource', 'action'] as const) {
      (await send(kind, 'x=1', { 'content-type': 'application/x-www-form-urlencoded' })).is(400);
      (await send(kind, '')).is(400);
      (await send(kind, JSON.stringify({ x: 'x'.repeat(1_048_577) }))).is(413);
    }
  });
});

test('a key with the scope for decisions does not search, and a revoked key finds nothing from the next request on', async () => {
  const other = await givenService(service, 'decision:check');
  (await other.send('POST', '/access/v1/search/subject', { body: subjectsAt(scene.hospital) })).is(403);
  const ended = await givenService(service, 'decision:search');
  const ask = () => ended.send('POST', '/access/v1/search/subject', { body: subjectsAt(scene.hospital) });
  (await ask()).is(200);
  await service.dataSource.query('UPDATE service_account SET revoked_at = now() WHERE id = $1', [ended.id]);
  expect((await ask()).is(401).text).not.toContain('results');
});
