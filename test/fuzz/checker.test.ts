import { ServedDocument } from '../support/document.js';
import { problemsOf } from './checker.js';
import { TEXTS } from './hostile.js';
import { leaksIn } from './leaks.js';
import type { FuzzRequest } from './requests.js';
import type { Reply } from './wire.js';

const message = { type: 'object', properties: { message: { type: 'string' } }, required: ['message'] };
const json = { content: { 'application/json': { schema: message } } };
const DOCUMENT = new ServedDocument({
  paths: {
    '/api/v2/medics': { get: { responses: { 200: json, 401: json, 404: json, 500: json, 503: json } } },
    '/api/v2/management/memberships': { post: { responses: { 201: json } } },
  },
});

const GET: FuzzRequest = { method: 'GET', target: '/api/v2/medics/', sender: {}, headers: {} };
const HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'x-request-id': 'a',
  'cache-control': 'private, no-store',
  'www-authenticate': 'Token',
};

function problems(reply: Partial<Reply>, request: Partial<FuzzRequest> = {}): string {
  const whole = { status: 404, headers: HEADERS, text: '{"message":"Not found"}', ...reply };
  return problemsOf(DOCUMENT, { ...GET, ...request }, whole).join('\n');
}

test('accepts a correct response', () => {
  expect(problems({})).toBe('');
  expect(problems({ status: 200 })).toBe('');
  expect(problems({ status: 401 })).toBe('');
  expect(problems({ text: '', status: 200 }, { method: 'HEAD' })).toBe('');
});

describe('reports a response that', () => {
  const without = (name: string) => Object.fromEntries(Object.entries(HEADERS).filter(([field]) => field !== name));
  const saying = (text: string) => ({ text: JSON.stringify({ message: text }) });

  test.each<[string, Partial<Reply>, Partial<FuzzRequest>, RegExp]>([
    ['is a 500', { status: 500 }, {}, /answers 500/],
    ['is a 503', { status: 503, headers: { ...HEADERS, 'retry-after': '1' } }, {}, /answers 503/],
    ['has a status that the document lacks', { status: 409 }, {}, /answers 409, which the document lacks/],
    ['is a success of a method that the document lacks', { status: 200 }, { method: 'PUT' }, /not in the document/],
    ['has a body that contradicts the document', { status: 200, text: '{"massage":"x"}' }, {}, /not as documented/],
    ['is an error that is not JSON', { text: 'Not found' }, {}, /no message/],
    [
      'is an error with another content type',
      { headers: { ...HEADERS, 'content-type': 'text/html' } },
      {},
      /of the type text/,
    ],
    ['is an error without a message', { text: '{"message":""}' }, {}, /no message/],
    ['is an error without a body', { text: '' }, {}, /no message/],
    ['has no id', { headers: without('x-request-id') }, {}, /x-request-id/],
    ['has a different request id from the one sent', {}, { headers: { 'X-Request-Id': 'b' } }, /x-request-id is "a"/],
    ['may be kept by a cache', { headers: without('cache-control') }, {}, /cache-control/],
    ['is a 401 without its scheme', { status: 401, headers: without('www-authenticate') }, {}, /www-authenticate/],
    ['is a 405 without the methods', { status: 405 }, { method: 'PUT' }, /allow/],
    ['has a body to HEAD', { status: 200 }, { method: 'HEAD' }, /body where none may be/],
    ['has a field that was injected', { headers: { ...HEADERS, 'x-injected': '1' } }, {}, /injected/],
    [
      'creates without a location',
      { status: 201 },
      { method: 'POST', target: '/api/v2/management/memberships' },
      /location/,
    ],
    ['holds SQL', saying('SELECT id FROM medic WHERE id = $1'), {}, /statement of SQL/],
    [
      'repeats a message of the database',
      saying('duplicate key value violates unique constraint'),
      {},
      /of the database/,
    ],
    ['contains the name of a constraint', saying('membership_medic_fkey'), {}, /constraint/],
    ['contains the name of an error class', saying('QueryFailedError'), {}, /name of the code/],
    ['contains a stack trace', saying('Error\n    at run (/app/dist/src/main.js:10:5)'), {}, /a stack/],
    ['holds a path', saying('/app/src/main.ts'), {}, /path of a file/],
    ['contains a file path in a header', { headers: { ...HEADERS, server: '/usr/bin/node' } }, {}, /path of a file/],
    ['holds a hash', saying('$argon2id$v=19'), {}, /hash of a password/],
  ])('%s', (_, reply, request, problem) => {
    expect(problems(reply, request)).toMatch(problem);
  });
});

test("does not mistake the fuzzer's own values for leaks", () => {
  expect(TEXTS.flatMap((text) => leaksIn(JSON.stringify({ name: text })))).toEqual([]);
});
