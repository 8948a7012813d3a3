import { hashPassword } from '../../src/auth/password.js';
import { generateKey } from '../../src/auth/token-key.js';
import type { CheckedResponse } from '../support/checked-response.js';
import type { Actor } from '../support/actor.js';
import type { HospitalScene } from '../support/given.js';
import { isPrefetching } from '../support/prefetching.js';
import { isServer } from '../support/server.js';
import { useService } from '../support/service.js';
import { givenService, ServiceActor } from '../support/services.js';
import { simulateStandby } from '../support/standby.js';

const service = useService();
const PASSWORD = 'correct horse battery staple';
let asker: ServiceActor;

/** SQL for whether a statement does not look up a key: the session began on a primary, and so did the look-up. */
const AFTER_THE_KEY = `current_query() ~ '\\m(FROM|JOIN) (medic|membership|record_head|record_entry)\\M' AND current_query() !~ 'api_token'`;

/** @returns SQL for whether a statement reads a table */
const reads = (table: string) => `current_query() ~ '\\mFROM ${table}\\M'`;

const membershipOf = (id: number) => `/management/memberships/${String(id)}`;

const ask = (path: string, { member, hospital }: HospitalScene, by = asker) =>
  by.send('POST', `/access/v1/${path}`, {
    body: {
      subject: { type: 'medic', id: String(member.id) },
      action: { name: 'prescribe' },
      resource: { type: 'hospital', id: String(hospital) },
    },
  });

/** Requests that read the record, or decide a right or a credential after the look-up of the key, or without one. */
const DECIDING: [string, (scene: HospitalScene, account: Actor) => Promise<CheckedResponse>][] = [
  ['a hospital', ({ admin, hospital }) => admin.get(`/hospital/${String(hospital)}`)],
  ['a medic', (_, account) => account.get(`/medics/${String(account.id)}`)],
  ['a search for an email', (_, account) => account.get(`/search/medics?query=${account.email}`)],
  ['the memberships of all administered hospitals', ({ admin }) => admin.get('/management/memberships/?managed=true')],
  ['a decision', (scene) => ask('evaluation', scene)],
  ['a batch of decisions', (scene) => ask('evaluations', scene)],
  ['a search for medics', (scene) => ask('search/subject', scene)],
  ['a search for hospitals', (scene) => ask('search/resource', scene)],
  ['a search for actions', (scene) => ask('search/action', scene)],
  ['the feed', () => asker.get('/events')],
  ['the history of a membership', ({ admin, membership }) => admin.get(`${membershipOf(membership)}/history/`)],
  ['the history of a hospital', ({ admin, hospital }) => admin.get(`/memberships/${String(hospital)}/history/`)],
  [
    'the memberships of a hospital at an instant',
    ({ admin, hospital }) => admin.get(`/memberships/${String(hospital)}?at=${new Date().toISOString()}`),
  ],
  ['a log-in', (_, { email }) => service.client.post('/token-auth/', { email, password: PASSWORD })],
  [
    'a log-in with a wrong password',
    (_, { email }) => service.client.post('/token-auth/', { email, password: 'wrong' }),
  ],
];

/** These decide in the statement that looks up the key, if it prefetches. */
const PREFETCHING: typeof DECIDING = [
  ['a membership', ({ admin, membership }) => admin.get(membershipOf(membership))],
  ['the memberships of a hospital', ({ admin, hospital }) => admin.get(`/memberships/${String(hospital)}`)],
  ['a change of a membership', ({ admin, membership }) => admin.changeMembership(membership, {})],
];

(isServer ? describe : describe.skip)('a decision or read of the record on a standby behind a pooler is a 503', () => {
  let scene: HospitalScene;
  let account: Actor;
  beforeAll(async () => {
    scene = await service.given.hospital();
    asker = await givenService(service);
    account = await service.given.medic({ passwordHash: await hashPassword(PASSWORD) });
    await simulateStandby(service.database, AFTER_THE_KEY);
  });

  test.each([...DECIDING, ...(isPrefetching ? [] : PREFETCHING)])('%s', async (_, send) => {
    expect((await send(scene, account)).status).toBe(503);
  });
});

describe.runIf(isServer)('a look-up of a key on a standby behind a pooler', () => {
  let scene: HospitalScene;
  beforeAll(async () => {
    scene = await service.given.hospital();
    asker = await givenService(service);
  });

  describe("a medic's key", () => {
    beforeAll(() => simulateStandby(service.database, reads('api_token')));

    const paths: [string, (scene: HospitalScene) => string][] = [
      ['a list of medics', () => '/medics/'],
      ['the own memberships', () => '/management/memberships/'],
      ['the locations', () => '/locations/'],
      ['a membership', ({ membership }) => membershipOf(membership)],
      ['the memberships of a hospital', ({ hospital }) => `/memberships/${String(hospital)}`],
    ];

    test.each(paths)("%s is a 503 if a standby looks up a medic's key", async (_, pathOf) => {
      for (const token of [scene.admin.token, generateKey()])
        expect((await service.client.get(pathOf(scene), { token })).status).toBe(503);
    });

    test("an introspection is a 503 if a standby looks up the medic's key", async () => {
      for (const token of [scene.admin.token, generateKey()]) expect((await asker.introspect(token)).status).toBe(503);
    });

    test("a route of service accounts is a 503 if a standby looks up a medic's key", async () => {
      expect((await service.client.get('//events', { token: scene.admin.token })).status).toBe(503);
    });
  });

  describe('a key of a service account', () => {
    beforeAll(() => simulateStandby(service.database, reads('service_account')));

    const requests: [string, (by: ServiceActor) => Promise<CheckedResponse>][] = [
      ['the feed', (by) => by.get('/events')],
      ['an introspection', (by) => by.introspect(scene.admin.token)],
      ['a decision', (by) => ask('evaluation', scene, by)],
      ['a route of medics', ({ key }) => service.client.get('/medics/', { token: key })],
    ];

    test.each(requests)('%s is a 503 if a standby looks up the key of a service account', async (_, send) => {
      for (const by of [asker, new ServiceActor(0, 'unknown', generateKey('service'), service)])
        expect((await send(by)).status).toBe(503);
    });
  });
});

// The right is checked again in the statement that reads the rest of the list.
(isServer ? test : test.skip)('a long list whose rest would be read on a standby is cut off', async () => {
  const { admin, hospital } = await service.given.hospital();
  await service.given.crowd(hospital, 600);
  await simulateStandby(service.database, `current_query() ~ 't\\.id = \\$4'`);
  await expect(admin.get(`/memberships/${String(hospital)}`)).rejects.toThrow();
});
