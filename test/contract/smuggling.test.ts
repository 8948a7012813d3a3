import { HOSPITAL } from '../support/bodies.js';
import { allAnswersTo } from '../support/answers.js';
import { useService } from '../support/service.js';

const service = useService();

const BODY = JSON.stringify(HOSPITAL);

/** @returns a request that would create a hospital if it were taken for one, with the id `smuggled` */
async function hidden(): Promise<string> {
  const { token } = await service.given.medic();
  return (
    `POST /api/v2/hospital/ HTTP/1.1\r\nHost: x\r\nX-Request-Id: smuggled\r\nAuthorization: Token ${token}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${String(BODY.length)}\r\n\r\n${BODY}`
  );
}

/** The beginning of a request with the id `first`. */
async function head(line: string, ...fields: string[]): Promise<string> {
  const { token } = await service.given.medic();
  const all = ['Host: x', 'X-Request-Id: first', `Authorization: Token ${token}`, ...fields];
  return `${line} HTTP/1.1\r\n${all.join('\r\n')}\r\n\r\n`;
}

const LAST = 'GET /health/live HTTP/1.1\r\nHost: x\r\nX-Request-Id: last\r\nConnection: close\r\n\r\n';

async function hospitals(): Promise<number> {
  return (await service.dataSource.query<unknown[]>('SELECT FROM hospital')).length;
}

const chunked = 'Transfer-Encoding: chunked';
const json = 'Content-Type: application/json';

describe('a request whose end could be read in two ways is a 400, and nothing after it is looked at', () => {
  test.each<[string, string[], string]>([
    ['a length and chunks', [chunked, 'Content-Length: 4'], '0\r\n\r\n'],
    ['chunks and a length', ['Content-Length: 4', chunked], '0\r\n\r\n'],
    ['two lengths', ['Content-Length: 0', 'Content-Length: 4'], ''],
    ['one length twice', ['Content-Length: 0', 'Content-Length: 0'], ''],
    ['two lengths in one field', ['Content-Length: 0, 4'], ''],
    ['a length with a sign', ['Content-Length: +0'], ''],
    ['a negative length', ['Content-Length: -1'], ''],
    ['a length that is too large for a number', ['Content-Length: 99999999999999999999'], ''],
    ['an encoding that is unknown', ['Transfer-Encoding: xchunked'], '0\r\n\r\n'],
    ['chunks that are not the last encoding', ['Transfer-Encoding: chunked, identity'], '0\r\n\r\n'],
    ['an encoding beside chunks', [chunked, 'Transfer-Encoding: x'], '0\r\n\r\n'],
    ['a blank before the colon', ['Transfer-Encoding : chunked'], '0\r\n\r\n'],
    ['a field that is folded', ['Transfer-Encoding:', ' chunked'], '0\r\n\r\n'],
    ['a field that is continued', ['X-Other: x', '\tchunked'], ''],
    ['a line that ends without CR', ['X-Other: x\nTransfer-Encoding: chunked'], '0\r\n\r\n'],
    ['a line that ends without LF', ['X-Other: x\rTransfer-Encoding: chunked'], '0\r\n\r\n'],
    ['a control character in a name', ['Transfer-Encoding\u000b: chunked'], '0\r\n\r\n'],
    ['a chunk whose size has a prefix', [chunked, json], '0x2\r\n{}\r\n0\r\n\r\n'],
    ['a chunk whose size has a sign', [chunked, json], '+2\r\n{}\r\n0\r\n\r\n'],
    ['a chunk whose size is too large', [chunked, json], 'fffffffffffffffff2\r\n{}\r\n0\r\n\r\n'],
    ['a chunk that is longer than it says', [chunked, json], '1\r\n{}\r\n0\r\n\r\n'],
    ['a chunk whose line ends without CR', [chunked, json], '2\n{}\r\n0\r\n\r\n'],
    ['a chunk with a line feed in its extension', [chunked, json], '2;a\nb\r\n{}\r\n0\r\n\r\n'],
  ])('%s', async (_, fields, body) => {
    const before = await hospitals();
    const first = await head('POST /api/v2/hospital/', ...fields);
    const answers = await allAnswersTo(service.client.url, first + body + (await hidden()) + LAST);
    expect(answers.map(({ status }) => status)).toEqual([400]);
    expect(answers[0]?.id).not.toMatch(/smuggled|last/);
    expect(await hospitals()).toBe(before);
  });
});

describe('a request that is hidden in the body of another is never answered', () => {
  test.each([
    'GET /api/v2/medics/',
    'DELETE /api/v2/medics/',
    'OPTIONS /api/v2/medics/',
    'GET /nowhere',
    'PUT /api/v2/medics/',
  ])('in that of a %s', async (line) => {
    const before = await hospitals();
    const inside = await hidden();
    const first = await head(line, `Content-Length: ${String(inside.length)}`);
    const answers = await allAnswersTo(service.client.url, first + inside + LAST);
    expect(answers.map(({ id }) => id)).toEqual(['first', 'last']);
    expect(await hospitals()).toBe(before);
  });

  test('in a chunk', async () => {
    const before = await hospitals();
    const inside = await hidden();
    const chunk = `${inside.length.toString(16)}\r\n${inside}\r\n0\r\n\r\n`;
    const answers = await allAnswersTo(service.client.url, (await head('GET /api/v2/medics/', chunked)) + chunk + LAST);
    expect(answers.map(({ id }) => id)).toEqual(['first', 'last']);
    expect(await hospitals()).toBe(before);
  });

  test('after the body of one that asks for another protocol', async () => {
    const before = await hospitals();
    const first = await head('GET /api/v2/medics/', 'Upgrade: websocket', 'Connection: Upgrade', 'Content-Length: 2');
    const answers = await allAnswersTo(service.client.url, `${first}{}${await hidden()}${LAST}`);
    expect(answers).toEqual([{ status: 200, id: 'first' }]);
    expect(await hospitals()).toBe(before);
  });
});

describe('over one connection', () => {
  test('requests that are sent at once are answered in their order', async () => {
    const answers = await allAnswersTo(
      service.client.url,
      (await head('GET /api/v2/medics/')) + (await hidden()) + LAST,
    );
    expect(answers).toEqual([
      { status: 200, id: 'first' },
      { status: 201, id: 'smuggled' },
      { status: 200, id: 'last' },
    ]);
  });

  test('what is no HTTP after a request is not taken for its answer', async () => {
    const answers = await allAnswersTo(service.client.url, `${await hidden()}no HTTP\r\n\r\n`);
    expect(answers.map(({ status }) => status)).toEqual([201, 400]);
    expect(answers[0]?.id).toBe('smuggled');
  });

  test('a trailer does not become a field of the header', async () => {
    const { token } = await service.given.medic();
    const start = `GET /api/v2/medics/ HTTP/1.1\r\nHost: x\r\nX-Request-Id: first\r\n${chunked}\r\nTrailer: Authorization\r\n\r\n`;
    const answers = await allAnswersTo(service.client.url, `${start}0\r\nAuthorization: Token ${token}\r\n\r\n${LAST}`);
    expect(answers[0]).toEqual({ status: 401, id: 'first' });
  });
});

describe('a field that may be there once is not picked from two', () => {
  test('two hosts are a 400', async () => {
    const first = await head('GET /api/v2/medics/', 'Host: y', 'Connection: close');
    expect(await allAnswersTo(service.client.url, first)).toEqual([{ status: 400, id: 'first' }]);
  });

  test('two keys are a 401', async () => {
    const { token } = await service.given.medic();
    const first = await head('GET /api/v2/medics/', `Authorization: Token ${token}`, 'Connection: close');
    expect(await allAnswersTo(service.client.url, first)).toEqual([{ status: 401, id: 'first' }]);
  });

  test('two types of a body are a 415', async () => {
    const fields = [json, 'Content-Type: text/plain', 'Content-Length: 2', 'Connection: close'];
    const first = await head('POST /api/v2/medics/', ...fields);
    expect(await allAnswersTo(service.client.url, `${first}{}`)).toEqual([{ status: 415, id: 'first' }]);
  });
});

test('an expectation that nobody knows is ignored', async () => {
  const first = await head('GET /api/v2/medics/', 'Expect: nonsense', 'Connection: close');
  expect(await allAnswersTo(service.client.url, first)).toEqual([{ status: 200, id: 'first' }]);
});
