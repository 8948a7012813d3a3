import { HOSPITAL } from '../support/bodies.js';
import { allResponsesTo } from '../support/raw-responses.js';
import { useService } from '../support/service.js';

const service = useService();

const BODY = JSON.stringify(HOSPITAL);

/** @returns a request with the id `smuggled` that would create a hospital if it were executed */
async function hidden(): Promise<string> {
  const { token } = await service.given.medic();
  return (
    `POST /api/v2/hospital/ HTTP/1.1\r\nHost: x\r\nX-Request-Id: smuggled\r\nAuthorization: Token ${token}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${String(BODY.length)}\r\n\r\n${BODY}`
  );
}

/** @returns the head of a request with the id `first` */
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

describe('a request with an ambiguous end is a 400', () => {
  test.each<[string, string[], string]>([
    ['Transfer-Encoding before Content-Length', [chunked, 'Content-Length: 4'], '0\r\n\r\n'],
    ['Content-Length before Transfer-Encoding', ['Content-Length: 4', chunked], '0\r\n\r\n'],
    ['two Content-Length headers', ['Content-Length: 0', 'Content-Length: 4'], ''],
    ['the same Content-Length twice', ['Content-Length: 0', 'Content-Length: 0'], ''],
    ['two lengths in one header', ['Content-Length: 0, 4'], ''],
    ['a signed length', ['Content-Length: +0'], ''],
    ['a negative length', ['Content-Length: -1'], ''],
    ['a length that overflows', ['Content-Length: 99999999999999999999'], ''],
    ['an unknown encoding', ['Transfer-Encoding: xchunked'], '0\r\n\r\n'],
    ['chunked before another encoding', ['Transfer-Encoding: chunked, identity'], '0\r\n\r\n'],
    ['another encoding after chunked', [chunked, 'Transfer-Encoding: x'], '0\r\n\r\n'],
    ['a space before the colon', ['Transfer-Encoding : chunked'], '0\r\n\r\n'],
    ['a folded header', ['Transfer-Encoding:', ' chunked'], '0\r\n\r\n'],
    ['a continued header', ['X-Other: x', '\tchunked'], ''],
    ['a line without CR', ['X-Other: x\nTransfer-Encoding: chunked'], '0\r\n\r\n'],
    ['a line without LF', ['X-Other: x\rTransfer-Encoding: chunked'], '0\r\n\r\n'],
    ['a control character in the name of a header', ['Transfer-Encoding\u000b: chunked'], '0\r\n\r\n'],
    ['a chunk size with a prefix', [chunked, json], '0x2\r\n{}\r\n0\r\n\r\n'],
    ['a signed chunk size', [chunked, json], '+2\r\n{}\r\n0\r\n\r\n'],
    ['a chunk size that overflows', [chunked, json], 'fffffffffffffffff2\r\n{}\r\n0\r\n\r\n'],
    ['a chunk longer than its size', [chunked, json], '1\r\n{}\r\n0\r\n\r\n'],
    ['a chunk line without CR', [chunked, json], '2\n{}\r\n0\r\n\r\n'],
    ['a line feed in a chunk extension', [chunked, json], '2;a\nb\r\n{}\r\n0\r\n\r\n'],
  ])('a request with %s is a 400, and nothing after it is read', async (_, fields, body) => {
    const before = await hospitals();
    const first = await head('POST /api/v2/hospital/', ...fields);
    const answers = await allResponsesTo(service.client.url, first + body + (await hidden()) + LAST);
    expect(answers.map(({ status }) => status)).toEqual([400]);
    expect(answers[0]?.id).not.toMatch(/smuggled|last/);
    expect(await hospitals()).toBe(before);
  });
});

describe('hidden requests', () => {
  test.each([
    'GET /api/v2/medics/',
    'DELETE /api/v2/medics/',
    'OPTIONS /api/v2/medics/',
    'GET /nowhere',
    'PUT /api/v2/medics/',
  ])('a request hidden in the body of a %s is never executed', async (line) => {
    const before = await hospitals();
    const inside = await hidden();
    const first = await head(line, `Content-Length: ${String(inside.length)}`);
    const answers = await allResponsesTo(service.client.url, first + inside + LAST);
    expect(answers.map(({ id }) => id)).toEqual(['first', 'last']);
    expect(await hospitals()).toBe(before);
  });

  test('a request hidden in a chunk is never executed', async () => {
    const before = await hospitals();
    const inside = await hidden();
    const chunk = `${inside.length.toString(16)}\r\n${inside}\r\n0\r\n\r\n`;
    const answers = await allResponsesTo(
      service.client.url,
      (await head('GET /api/v2/medics/', chunked)) + chunk + LAST,
    );
    expect(answers.map(({ id }) => id)).toEqual(['first', 'last']);
    expect(await hospitals()).toBe(before);
  });

  test('a request hidden after the body of an Upgrade request is never executed', async () => {
    const before = await hospitals();
    const first = await head('GET /api/v2/medics/', 'Upgrade: websocket', 'Connection: Upgrade', 'Content-Length: 2');
    const answers = await allResponsesTo(service.client.url, `${first}{}${await hidden()}${LAST}`);
    expect(answers).toEqual([{ status: 200, id: 'first' }]);
    expect(await hospitals()).toBe(before);
  });
});

describe('one connection', () => {
  test('pipelined requests are answered in order', async () => {
    const answers = await allResponsesTo(
      service.client.url,
      (await head('GET /api/v2/medics/')) + (await hidden()) + LAST,
    );
    expect(answers).toEqual([
      { status: 200, id: 'first' },
      { status: 201, id: 'smuggled' },
      { status: 200, id: 'last' },
    ]);
  });

  test('malformed HTTP after a request does not become its response', async () => {
    const answers = await allResponsesTo(service.client.url, `${await hidden()}no HTTP\r\n\r\n`);
    expect(answers.map(({ status }) => status)).toEqual([201, 400]);
    expect(answers[0]?.id).toBe('smuggled');
  });

  test('a trailer does not become a header', async () => {
    const { token } = await service.given.medic();
    const start = `GET /api/v2/medics/ HTTP/1.1\r\nHost: x\r\nX-Request-Id: first\r\n${chunked}\r\nTrailer: Authorization\r\n\r\n`;
    const answers = await allResponsesTo(
      service.client.url,
      `${start}0\r\nAuthorization: Token ${token}\r\n\r\n${LAST}`,
    );
    expect(answers[0]).toEqual({ status: 401, id: 'first' });
  });
});

describe('duplicate headers', () => {
  test('two Host headers are a 400', async () => {
    const first = await head('GET /api/v2/medics/', 'Host: y', 'Connection: close');
    expect(await allResponsesTo(service.client.url, first)).toEqual([{ status: 400, id: 'first' }]);
  });

  test('two Authorization headers are a 401', async () => {
    const { token } = await service.given.medic();
    const first = await head('GET /api/v2/medics/', `Authorization: Token ${token}`, 'Connection: close');
    expect(await allResponsesTo(service.client.url, first)).toEqual([{ status: 401, id: 'first' }]);
  });

  test('two Content-Type headers are a 415', async () => {
    const fields = [json, 'Content-Type: text/plain', 'Content-Length: 2', 'Connection: close'];
    const first = await head('POST /api/v2/medics/', ...fields);
    expect(await allResponsesTo(service.client.url, `${first}{}`)).toEqual([{ status: 415, id: 'first' }]);
  });
});

test('an unknown expectation is ignored', async () => {
  const first = await head('GET /api/v2/medics/', 'Expect: nonsense', 'Connection: close');
  expect(await allResponsesTo(service.client.url, first)).toEqual([{ status: 200, id: 'first' }]);
});
