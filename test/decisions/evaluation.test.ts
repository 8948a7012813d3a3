import { isServer } from '../support/server.js';
import { useService } from '../support/service.js';
import { MembershipType } from '../../src/memberships/membership.entity.js';
import { givenService, type ServiceActor } from '../support/services.js';
import { answerTo, evaluate, question } from './decisions.js';

const service = useService();
let asker: ServiceActor;
beforeAll(async () => {
  asker = await givenService(service, 'decision:check');
});

const { ADMIN, MEMBER } = MembershipType;

/** Each standing of a medic at a hospital, with the answers to `prescribe` and `administer`. */
const STANDINGS: readonly [
  name: string,
  type: MembershipType | null,
  isDeleted: boolean,
  isAccountActive: boolean,
  isHospitalActive: boolean,
  prescribe: string,
  administer: string,
][] = [
  ['a MEMBER', MEMBER, false, true, true, 'member', 'not_an_admin'],
  ['an ADMIN', ADMIN, false, true, true, 'admin', 'admin'],
  ['a MEMBER of an inactive hospital', MEMBER, false, true, false, 'hospital_inactive', 'not_an_admin'],
  ['an ADMIN of an inactive hospital', ADMIN, false, true, false, 'hospital_inactive', 'admin'],
  ['a MEMBER with a closed account', MEMBER, false, false, true, 'account_inactive', 'account_inactive'],
  ['an ADMIN with a closed account', ADMIN, false, false, false, 'account_inactive', 'account_inactive'],
  ['a removed MEMBER', MEMBER, true, true, true, 'not_a_member', 'not_a_member'],
  ['a removed ADMIN', ADMIN, true, true, true, 'not_a_member', 'not_a_member'],
  ['a removed ADMIN with a closed account', ADMIN, true, false, false, 'not_a_member', 'not_a_member'],
  ['a stranger', null, false, true, true, 'not_a_member', 'not_a_member'],
  ['a stranger with a closed account', null, false, false, true, 'not_a_member', 'not_a_member'],
  ['a stranger to an inactive hospital', null, false, true, false, 'not_a_member', 'not_a_member'],
];

describe.each(STANDINGS)('%s', (_, type, isDeleted, isAccountActive, isHospitalActive, prescribe, administer) => {
  test.each([
    ['prescribe', prescribe],
    ['administer', administer],
    ['delete', 'unknown_action'],
  ])('asked to %s gets the reason %s', async (action, reason) => {
    const medic = await service.given.medic({ isActive: isAccountActive });
    const hospital = await service.given.emptyHospital({ isActive: isHospitalActive });
    const membership = type === null ? 0 : await service.given.membership(medic, hospital, { type, isDeleted });
    const [{ entry } = { entry: '' }] = await service.dataSource.query<{ entry: string }[]>(
      'SELECT entry_id AS entry FROM membership WHERE id = $1',
      [membership],
    );
    const hasEvidence = !['not_a_member', 'unknown_action'].includes(reason);
    expect(await answerTo(asker, question(medic.id, hospital, action))).toEqual({
      decision: ['member', 'admin'].includes(reason),
      context: {
        reason,
        ...(hasEvidence ? { membership, entry } : {}),
        evaluated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/) as string,
      },
    });
  });
});

describe('ids, types and actions that cannot exist are denied, never an error', () => {
  test.each([
    ['another action', { action: { name: 'PRESCRIBE' } }, 'unknown_action'],
    ['an empty action', { action: { name: '' } }, 'unknown_action'],
    ['an action named like a member of objects', { action: { name: 'constructor' } }, 'unknown_action'],
    [
      'an unknown action on an unknown type',
      { action: { name: 'x' }, subject: { type: 'x', id: 'x' } },
      'unknown_action',
    ],
    ['another type of subject', { subject: { type: 'user', id: 'own' } }, 'not_a_member'],
    ['another type of resource', { resource: { type: 'clinic', id: 'own' } }, 'not_a_member'],
    ['the types the other way round', { subject: { type: 'hospital', id: 'own' } }, 'not_a_member'],
    ...[
      '',
      '0',
      '-1',
      '01',
      '+1',
      '1.0',
      '1e0',
      ' 1',
      '2147483647',
      '2147483648',
      '9'.repeat(400),
      'x',
      'ñ',
      '\u0000',
    ].map((id): [string, object, string] => [
      `the id ${JSON.stringify(id.slice(0, 20))}`,
      { subject: { type: 'medic', id } },
      'not_a_member',
    ]),
  ])('%s', async (_, change, reason) => {
    const { admin, hospital } = await service.given.hospital();
    const body = JSON.stringify({ ...question(admin.id, hospital), ...change });
    const own = body.includes('"subject":{"type":"medic"') ? hospital : admin.id;
    const answer = await answerTo(asker, body.replace('"own"', `"${String(own)}"`));
    expect(answer).toMatchObject({ decision: false, context: { reason } });
  });
});

describe('what is wrong is a 400 that names the member', () => {
  const valid = question(1, 1);
  test.each<[string, string, unknown]>([
    ['no subject', 'subject', { ...valid, subject: undefined }],
    ['no action', 'action', { ...valid, action: undefined }],
    ['no resource', 'resource', { ...valid, resource: undefined }],
    ['a subject without a type', 'subject.type', { ...valid, subject: { id: '1' } }],
    ['a subject without an id', 'subject.id', { ...valid, subject: { type: 'medic' } }],
    ['an action without a name', 'action.name', { ...valid, action: {} }],
    ['a resource without a type', 'resource.type', { ...valid, resource: { id: '1' } }],
    ['a resource without an id', 'resource.id', { ...valid, resource: { type: 'hospital' } }],
    ['a subject that is a text', 'subject', { ...valid, subject: '1' }],
    ['a subject that is null', 'subject', { ...valid, subject: null }],
    ['a resource that is a list', 'resource', { ...valid, resource: [] }],
    ['an action with a number as its name', 'action.name', { ...valid, action: { name: 123 } }],
    ['an id that is a number', 'subject.id', { ...valid, subject: { type: 'medic', id: 1 } }],
    [
      'an id in an odd spelling of a number',
      'subject.id',
      '{"subject":{"type":"medic","id":1.0},"action":{"name":"x"},"resource":{"type":"x","id":"1"}}',
    ],
    [
      'properties that are a text',
      'subject.properties',
      { ...valid, subject: { type: 'medic', id: '1', properties: 'x' } },
    ],
    ['a context that is a text', 'context', { ...valid, context: 'x' }],
    ['an as_of without an offset', 'context.as_of', { ...valid, context: { as_of: '2026-11-28T01:12:12' } }],
    ['an as_of that is a number', 'context.as_of', { ...valid, context: { as_of: 1795828332 } }],
    ['an as_of that is null', 'context.as_of', { ...valid, context: { as_of: null } }],
    ['a day without a time', 'context.as_of', { ...valid, context: { as_of: '2026-11-28' } }],
    ['seven digits of a second', 'context.as_of', { ...valid, context: { as_of: '2026-11-28T01:12:12.1234567Z' } }],
    ['an as_of in the future', 'context.as_of', { ...valid, context: { as_of: '9999-01-01T00:00:00Z' } }],
    ['an as_of before the record began', 'context.as_of', { ...valid, context: { as_of: '0001-01-01T00:00:00Z' } }],
    ['a position beyond the head', 'context.position', { ...valid, context: { position: 1_000_000 } }],
    ['the largest position', 'context.position', { ...valid, context: { position: Number.MAX_SAFE_INTEGER } }],
    ['a position of 0', 'context.position', { ...valid, context: { position: 0 } }],
    ['a fraction as position', 'context.position', { ...valid, context: { position: 1.5 } }],
    ['a position that is a text', 'context.position', { ...valid, context: { position: '1' } }],
    [
      'both as_of and position',
      'context.position',
      { ...valid, context: { as_of: '2026-11-28T01:12:12Z', position: 1 } },
    ],
    ['a receipt that is a text', 'context.receipt', { ...valid, context: { receipt: 'yes' } }],
  ])('%s', async (_, member, body) => {
    const { errors } = (await evaluate(asker, body)).is(400, { status: 400 }).body<{ errors: object }>();
    expect(Object.keys(errors)).toEqual([member]);
  });

  test.each<[string, number, unknown, object]>([
    ['an empty body', 400, '', {}],
    ['a list', 400, [], {}],
    ['a text', 400, '"x"', {}],
    ['malformed JSON', 400, '{"subject": ', {}],
    ['a duplicate key', 400, '{"action": {}, "action": {}}', {}],
    ['a form', 400, 'subject=x', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['plain text', 400, JSON.stringify(valid), { 'content-type': 'text/plain' }],
    ['an upload', 400, '--x--', { 'content-type': 'multipart/form-data; boundary=x' }],
    ['a content type that is none', 400, JSON.stringify(valid), { 'content-type': 'json' }],
    ['JSON of another kind', 400, JSON.stringify(valid), { 'content-type': 'application/json-patch+json' }],
    ['a compressed body', 415, JSON.stringify(valid), { 'content-encoding': 'gzip' }],
    ['a body over 1 MB', 413, JSON.stringify({ ...valid, x: 'x'.repeat(1_048_577) }), {}],
  ])('%s is a %d', async (_, status, body, headers) => {
    const refused = (await evaluate(asker, body, headers)).is(status, { status });
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
  });
});

test('unknown members, properties and other members of the context have no effect', async () => {
  const { member, hospital } = await service.given.hospital();
  const body = {
    subject: { type: 'medic', id: String(member.id), properties: { role: 'ADMIN', is_active: true }, x: [1] },
    action: { name: 'administer', properties: { method: 'GET' } },
    resource: { type: 'hospital', id: String(hospital), properties: { owner: String(member.id) }, type2: {} },
    context: { time: '1985-10-26T01:22-07:00', ip: '192.0.2.1', constructor: 1 },
    foo: 'bar',
    constructor: { nested: true },
    evaluations: 'x',
  };
  expect(await answerTo(asker, body)).toMatchObject({ decision: false, context: { reason: 'not_an_admin' } });
});

test('a check reveals neither accounts nor hospitals that the subject does not belong to', async () => {
  const { hospital } = await service.given.hospital();
  const closed = await service.given.medic({ isActive: false });
  const inactive = await service.given.emptyHospital({ isActive: false });
  const strangers = [
    [closed.id, hospital],
    [closed.id, inactive],
    [2_000_000_000, hospital],
    [closed.id, 2_000_000_000],
  ] as const;
  for (const [medic, at] of strangers)
    expect(await answerTo(asker, question(medic, at))).toEqual({
      decision: false,
      context: { reason: 'not_a_member', evaluated_at: expect.any(String) as string },
    });
});

test('the headers are those of the other routes for services', async () => {
  const { admin, hospital } = await service.given.hospital();
  const answer = (await evaluate(asker, question(admin.id, hospital), { 'x-request-id': 'rx-1.A_b' })).is(200);
  expect(answer.headers.get('x-request-id')).toBe('rx-1.A_b');
  expect(answer.headers.get('cache-control')).toBe('private, no-store');
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  const other = (await evaluate(asker, question(admin.id, hospital))).is(200);
  expect(other.headers.get('x-request-id')).toMatch(/^[A-Za-z0-9._-]{1,128}$/);
  (await asker.send('POST', '/access/v1/evaluation/', { body: question(admin.id, hospital) })).is(200);
});

// The embedded database has a key of its own.
(isServer ? test : test.skip)('a receipt without a signing key is a 501, and no decision', async () => {
  const { admin, hospital } = await service.given.hospital();
  const refused = (await evaluate(asker, question(admin.id, hospital, 'prescribe', { receipt: true }))).is(501);
  expect(refused.json).toMatchObject({ detail: expect.stringContaining('SIGNING_KEY_FILE') as string });
  expect(refused.text).not.toContain('decision');
  await answerTo(asker, question(admin.id, hospital, 'prescribe', { receipt: false }));
});

describe('the key', () => {
  test('that is revoked or expired, or lost its scope, decides nothing from the next request on', async () => {
    const { admin, hospital } = await service.given.hospital();
    const ended = {
      'revoked_at = now()': 401,
      "expires_at = now(), issued_at = now() - interval '1 day'": 401,
      "scopes = '{event:read}'": 403,
    };
    for (const [change, status] of Object.entries(ended)) {
      const other = await givenService(service, 'decision:check');
      (await evaluate(other, question(admin.id, hospital))).is(200);
      await service.dataSource.query(`UPDATE service_account SET ${change} WHERE id = $1`, [other.id]);
      const refused = (await evaluate(other, question(admin.id, hospital))).is(status);
      expect(refused.text).not.toContain('decision"');
    }
  });

  test('of a medic, even of an ADMIN, is a 403', async () => {
    const { admin, hospital } = await service.given.hospital();
    const headers = { authorization: `Bearer ${admin.token}` };
    (await evaluate(asker, question(admin.id, hospital), headers)).is(403);
  });

  test('is checked before the members of the body', async () => {
    (await evaluate(asker, {}, { authorization: 'Bearer x' })).is(401);
    const searcher = await givenService(service, 'decision:search');
    (await evaluate(searcher, {})).is(403);
  });
});

test('neither the keys nor the question are logged', async () => {
  const { admin, hospital } = await service.given.hospital();
  await answerTo(asker, { ...question(admin.id, hospital), context: { secret: 'top-secret-note' } });
  expect(service.log.join('')).not.toMatch(/hm[ks]_|top-secret-note/);
});
