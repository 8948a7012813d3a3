import { useService } from '../support/service.js';
import { givenService, type ServiceActor } from '../support/services.js';
import { answerTo, evaluate, question } from './decisions.js';

const service = useService();
let asker: ServiceActor;
beforeAll(async () => {
  asker = await givenService(service, 'decision:check');
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
  ])('%s is denied', async (_, change, reason) => {
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
  ])('%s is a 400 that names the member', async (_, member, body) => {
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
