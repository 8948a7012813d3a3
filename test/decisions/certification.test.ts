import { MembershipType } from '../../src/memberships/membership.entity.js';
import { useService } from '../support/service.js';
import { givenService, type ServiceActor } from '../support/services.js';

/**
 * The certification scenario of the AuthZEN Authorization API 1.0, levels Core and Discovery, under the names of this
 * service: alice is an ADMIN and bob a MEMBER of record-1, "read" is `prescribe`, "write" is `administer`.
 */
const service = useService({ PUBLIC_URL: 'https://pdp.example.org' });
let asker: ServiceActor;
let alice: Entity;
let bob: Entity;
let record1: Entity;
let record2: Entity;

interface Entity {
  readonly type: string;
  readonly id: string;
}

beforeAll(async () => {
  asker = await givenService(service, 'decision:check', 'decision:search');
  const { admin, member, hospital } = await service.given.hospital();
  const second = await service.given.emptyHospital();
  await service.given.membership(admin, second, { type: MembershipType.ADMIN });
  const entity = (type: string, id: number) => ({ type, id: String(id) });
  [alice, bob] = [entity('medic', admin.id), entity('medic', member.id)];
  [record1, record2] = [entity('hospital', hospital), entity('hospital', second)];
});

const read = { name: 'prescribe' };
const write = { name: 'administer' };
const context = { time: '2025-06-27T18:03-07:00', ip: '192.168.1.1' };

const post = (path: string, body: unknown, headers = {}) => asker.send('POST', `/access/v1/${path}`, { body, headers });
const decisionOf = async (body: unknown) => {
  const answer = (await post('evaluation', body)).is(200);
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  return answer.body<{ decision: boolean }>().decision;
};
const decisionsOf = async (body: unknown) =>
  (await post('evaluations', body))
    .is(200)
    .body<{ evaluations: { decision: boolean }[] }>()
    .evaluations.map(({ decision }) => decision);

describe('Basic Core', () => {
  test('the four decisions of the fixture', async () => {
    expect(await decisionOf({ subject: alice, action: read, resource: record1 })).toBe(true);
    expect(await decisionOf({ subject: alice, action: write, resource: record1 })).toBe(true);
    expect(await decisionOf({ subject: bob, action: read, resource: record1 })).toBe(true);
    expect(await decisionOf({ subject: bob, action: write, resource: record1 })).toBe(false);
  });

  test('a context, additional properties and unknown fields change no decision', async () => {
    const asked = { subject: alice, action: read, resource: record1 };
    expect(await decisionOf({ ...asked, context })).toBe(true);
    const described = {
      subject: { ...alice, properties: { department: 'Sales', role: 'manager' } },
      action: { ...read, properties: { method: 'GET' } },
      resource: { ...record1, properties: { status: 'active', owner: 'bob' } },
    };
    expect(await decisionOf(described)).toBe(true);
    expect(await decisionOf({ ...asked, foo: 'bar', futureField: { nested: true } })).toBe(true);
  });

  test('a missing or mistyped field is a 400', async () => {
    const asked = { subject: alice, action: read, resource: record1 };
    for (const wrong of [
      { subject: undefined },
      { action: undefined },
      { resource: undefined },
      { subject: { id: alice.id } },
      { subject: { type: 'medic' } },
      { action: {} },
      { resource: { id: record1.id } },
      { resource: { type: 'hospital' } },
      { subject: alice.id },
      { action: { name: 123 } },
    ])
      (await post('evaluation', { ...asked, ...wrong })).is(400);
  });

  test('another content type, malformed JSON and an empty body are a 400', async () => {
    const asked = JSON.stringify({ subject: alice, action: read, resource: record1 });
    for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'text/json'])
      (await post('evaluation', asked, { 'content-type': type })).is(400);
    (await post('evaluation', '{"subject": {')).is(400);
    (await post('evaluation', '')).is(400);
    (await post('evaluation', undefined)).is(400);
  });

  test('X-Request-ID is echoed, and need not be sent', async () => {
    const asked = { subject: alice, action: read, resource: record1 };
    const id = 'bfe9eb29-ab87-4ca3-be83-a1d5d8305716';
    for (const [path, body] of [
      ['evaluation', asked],
      ['evaluations', asked],
      ['search/subject', asked],
      ['search/resource', asked],
      ['search/action', asked],
    ] as const) {
      expect((await post(path, body, { 'X-Request-ID': id })).is(200).headers.get('x-request-id')).toBe(id);
      (await post(path, body)).is(200);
    }
  });

  test('the same request gets the same decision each time', async () => {
    for (let time = 0; time < 5; time += 1)
      expect(await decisionOf({ subject: bob, action: write, resource: record1 })).toBe(false);
  });
});

describe('Batch Core', () => {
  test('defaults, their absence, and the order of the decisions', async () => {
    const resources = [{ resource: record1 }, { resource: record2 }];
    expect(await decisionsOf({ subject: alice, action: read, evaluations: resources })).toEqual([true, true]);
    const actions = [{ action: read }, { action: write }];
    expect(await decisionsOf({ subject: bob, resource: record1, evaluations: actions })).toEqual([true, false]);
    const complete = [
      { subject: alice, action: read, resource: record1 },
      { subject: bob, action: write, resource: record1 },
    ];
    expect(await decisionsOf({ evaluations: complete })).toEqual([true, false]);
  });

  test('a context is inherited, or overridden', async () => {
    const overriding = { time: '2025-06-27T19:00-07:00', source: 'batch-override' };
    const body = {
      subject: alice,
      action: read,
      context: { time: context.time },
      evaluations: [{ resource: record1 }, { resource: record2, context: overriding }],
    };
    expect(await decisionsOf(body)).toHaveLength(2);
  });

  test('an evaluation that lacks a field is denied with its error, and the other one is decided', async () => {
    const answer = await post('evaluations', {
      subject: alice,
      action: read,
      options: { evaluations_semantic: 'execute_all' },
      evaluations: [{ resource: record1 }, {}],
    });
    answer.is(200, { evaluations: [{ decision: true }, { decision: false, context: { error: { status: 400 } } }] });
    expect(answer.json).not.toHaveProperty('decision');
  });

  test('without evaluations, or with none, it is a single evaluation', async () => {
    const asked = { subject: alice, action: read, resource: record1 };
    for (const body of [asked, { ...asked, evaluations: [] }])
      (await post('evaluations', body)).is(200, { decision: true });
  });
});

describe('Search Core', () => {
  const resultsOf = async (kind: string, body: unknown) =>
    (await post(`search/${kind}`, body)).is(200).body<{ results: object[] }>().results;

  test('subjects, with and without a context or an id', async () => {
    const asked = { subject: { type: 'medic' }, action: read, resource: record1 };
    for (const body of [asked, { ...asked, context }, { ...asked, subject: alice }])
      expect(await resultsOf('subject', body)).toEqual([alice, bob]);
  });

  test('resources, with and without a context or an id', async () => {
    const asked = { subject: alice, action: read, resource: { type: 'hospital' } };
    for (const body of [asked, { ...asked, context }, { ...asked, resource: record1 }])
      expect(await resultsOf('resource', body)).toEqual([record1, record2]);
  });

  test('actions, with and without a context', async () => {
    const asked = { subject: alice, resource: record1 };
    for (const body of [asked, { ...asked, context }])
      expect(await resultsOf('action', body)).toEqual(expect.arrayContaining([read, write]));
  });

  test('pages, whose last token is an empty string', async () => {
    const asked = { subject: { type: 'medic' }, action: read, resource: record1 };
    interface Page {
      readonly page: { readonly next_token: string };
      readonly results: object[];
    }
    const first = (await post('search/subject', { ...asked, page: { limit: 1 } })).is(200).body<Page>();
    expect(first).toMatchObject({ page: { next_token: expect.stringMatching(/./) as string }, results: [alice] });
    const next = { ...asked, page: { token: first.page.next_token } };
    (await post('search/subject', next)).is(200, { page: { next_token: '' }, results: [bob] });
  });

  test('what is unknown has an empty result', async () => {
    const unknown = { type: 'medic', id: 'nonexistent-user' };
    expect(await resultsOf('action', { subject: unknown, resource: record1 })).toEqual([]);
    expect(await resultsOf('resource', { subject: unknown, action: read, resource: { type: 'hospital' } })).toEqual([]);
    expect(await resultsOf('subject', { subject: { type: 'spaceship' }, action: read, resource: record1 })).toEqual([]);
    expect(await resultsOf('resource', { subject: alice, action: read, resource: { type: 'spaceship' } })).toEqual([]);
    expect(await resultsOf('action', { subject: { type: 'spaceship', id: '1' }, resource: record1 })).toEqual([]);
  });

  test('a missing field is a 400', async () => {
    (await post('search/subject', { subject: { type: 'medic' }, resource: record1 })).is(400);
    (await post('search/resource', { action: read, resource: { type: 'hospital' } })).is(400);
    (await post('search/action', { subject: alice })).is(400);
    const body = { subject: { type: 'medic' }, action: read, resource: { type: 'hospital' } };
    (await post('search/subject', body)).is(400);
    (await post('search/resource', body)).is(400);
    (await post('search/action', { subject: { type: 'medic' }, resource: record1 })).is(400);
  });
});

test('Discovery: the metadata name this service and its endpoints as HTTPS URLs', async () => {
  const answer = (await service.client.get('//.well-known/authzen-configuration')).is(200);
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  const { policy_decision_point, ...endpoints } = answer.body<Record<string, string>>();
  expect(policy_decision_point).toBe('https://pdp.example.org');
  expect(Object.keys(endpoints)).toContain('access_evaluation_endpoint');
  for (const endpoint of Object.values(endpoints))
    expect(endpoint).toMatch(/^https:\/\/pdp\.example\.org\/access\/v1\//);
});
