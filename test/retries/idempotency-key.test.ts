import { randomUUID } from 'node:crypto';
import type { CheckedResponse } from '../support/checked-response.js';
import { API } from '../support/client.js';
import { rawRequest, sendRaw } from '../support/raw.js';
import { useService } from '../support/service.js';
import { readIdempotencyKey } from '../../src/retries/idempotency-key.js';
import { carriedOut, create, CREATIONS, isReplayed } from './writes.js';

const service = useService();

const REUSED = /was used for another request/;

/** The parts of a response that a replay repeats. */
const essence = ({ status, text, headers }: CheckedResponse) => ({
  status,
  text,
  headers: ['content-type', 'location', 'etag', 'cache-control'].map((name) => headers.get(name)),
});

describe.each(CREATIONS)('%s', (name, given) => {
  test(`${name} with an Idempotency-Key is carried out once, and its response is replayed`, async () => {
    const creation = await given(service);
    const key = randomUUID();
    const first = carriedOut(creation, await create(creation, key));
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    const before = await service.client.rows();
    for (let time = 0; time < 3; time += 1) {
      const again = await create(creation, key);
      expect([essence(again), isReplayed(again)]).toEqual([essence(first), true]);
    }
    // Neither a row nor an entry of the record.
    expect(await service.client.rows()).toBe(before);
  });

  test(`${name} is replayed at its path without the slash, and in quotes, too`, async () => {
    const creation = await given(service);
    const key = randomUUID();
    const first = carriedOut(creation, await create(creation, key));
    const again = await create({ ...creation, path: creation.path.slice(0, -1) }, `"${key}"`);
    expect([essence(again), isReplayed(again)]).toEqual([essence(first), true]);
  });

  test(`${name} with the key of another request is a 422`, async () => {
    const creation = await given(service);
    const key = randomUUID();
    carriedOut(creation, await create(creation, key));
    (await create(creation, key, {}, creation.other)).isError(422, REUSED);
    (await create({ ...creation, path: `${creation.path}?x=1` }, key)).isError(422, REUSED);
    expect(isReplayed(await create(creation, key))).toBe(true);
  });

  test(`${name} with the same key by another caller is another request`, async () => {
    const [one, two] = [await given(service), await given(service)];
    for (const creation of [one, two])
      expect(isReplayed(carriedOut(creation, await create(creation, 'order-17')))).toBe(false);
    for (const creation of [one, two])
      expect(isReplayed(carriedOut(creation, await create(creation, 'order-17')))).toBe(true);
  });

  test(`${name} with a malformed Idempotency-Key is a 400 that says what to send`, async () => {
    const creation = await given(service);
    for (const key of ['', '""', 'x'.repeat(256), `"${'x'.repeat(256)}"`, 'a b', 'a,b', '"a", "b"', '"open'])
      expect((await create(creation, key)).isInvalid('Idempotency-Key').text).toMatch(/1 to 255 visible ASCII/);
    carriedOut(creation, await create(creation, 'x'.repeat(255)));
  });
});

test('the same JSON in another layout is the same request', async () => {
  const medic = await service.given.medic();
  const key = randomUUID();
  const send = (body: string) => medic.post('/hospital/', body, { headers: { 'idempotency-key': key } });
  const fields = '"patron":"P","location":"L","contact":"C"';
  const first = (await send(`{"name":"Ñ",${fields}}`)).isCreated();
  const again = (await send(`{ ${fields},\n "name" : "\\u00d1" }`)).isCreated();
  expect([again.text, isReplayed(again)]).toEqual([first.text, true]);
});

test('a key that was used at one route is a 422 at another', async () => {
  const medic = await service.given.medic();
  const options = { headers: { 'idempotency-key': 'same' } };
  (await medic.post('/hospital/', { name: 'N', patron: 'P', location: 'L', contact: 'C' }, options)).isCreated();
  const body = { name: 'N', email: 'same.key@example.org', password: 'correct horse battery staple' };
  (await medic.post('/medics/', body, options)).isError(422, REUSED);
});

test('two equal Idempotency-Key headers are malformed', async () => {
  const medic = await service.given.medic();
  const body = '{"name":"N","patron":"P","location":"L","contact":"C"}';
  const headers = {
    Authorization: `Token ${medic.token}`,
    'Content-Type': 'application/json',
    'Idempotency-Key': 'a\r\nIdempotency-Key: a',
  };
  (await sendRaw(service.client.url, rawRequest(`POST ${API}/hospital/`, headers, body))).isInvalid('Idempotency-Key');
});

test('a malformed Idempotency-Key does not hide that the key or the right is missing', async () => {
  const { hospital, outsider, member } = await service.given.hospital();
  const options = { headers: { 'idempotency-key': '' } };
  const body = { medic: outsider.id, hospital };
  (await member.post('/management/memberships/', body, options)).isRefused('Unauthorized Medic');
  (await service.client.post('/management/memberships/', body, options)).isRefused('Invalid Token');
});

test('without an Idempotency-Key equal requests are different ones, and nothing is stored', async () => {
  const medic = await service.given.medic();
  const body = { name: 'N', patron: 'P', location: 'L', contact: 'C' };
  const ids = [];
  for (let time = 0; time < 2; time += 1) ids.push((await medic.post('/hospital/', body)).isCreated().body()['id']);
  expect(new Set(ids).size).toBe(2);
  expect(await service.dataSource.query('SELECT FROM idempotent_response WHERE medic_id = $1', [medic.id])).toEqual([]);
});

test('a PATCH ignores an Idempotency-Key', async () => {
  const medic = await service.given.medic();
  const options = { headers: { 'idempotency-key': '' } };
  (await medic.patch(`/medics/${String(medic.id)}`, { name: 'Other' }, options)).is(202, { name: 'Other' });
});

describe('Reading the header', () => {
  test.each<[string, string | null]>([
    ['order-17', 'order-17'],
    ['8e03978e-40d5-43dd-bc93-6894a57f9324', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    ['"8e03978e-40d5"', '8e03978e-40d5'],
    ['"a b, c"', 'a b, c'],
    ['"a\\"b\\\\c"', 'a"b\\c'],
    ['"a";version=1', 'a'],
    ['YWJj+/=', 'YWJj+/='],
    [' a ', 'a'],
    ['x'.repeat(255), 'x'.repeat(255)],
    [`"${'\\"'.repeat(255)}"`, '"'.repeat(255)],
    ['', null],
    [' ', null],
    ['""', null],
    ['"', null],
    ['"a', null],
    ['a"', null],
    ['"a\\b"', null],
    ['"a"b', null],
    ['"a", "b"', null],
    ['a, a', null],
    ['a b', null],
    ['é', null],
    ['"é"', null],
    ['x'.repeat(256), null],
  ])('%j', (header, key) => {
    if (key === null) expect(() => readIdempotencyKey(header)).toThrow('Idempotency-Key');
    else expect(readIdempotencyKey(header)).toBe(key);
  });
});

test('a dry run is not stored, so the same Idempotency-Key carries out the upload afterwards', async () => {
  const { admin, hospital, outsider } = await service.given.hospital();
  const headers = { 'idempotency-key': randomUUID() };
  const send = (dry_run: boolean) =>
    admin.post(
      '/management/memberships/bulk/',
      { hospital, memberships: [{ medic: outsider.id }], dry_run },
      { headers },
    );
  for (let time = 0; time < 2; time += 1) expect(isReplayed((await send(true)).isOk({ created: 1 }))).toBe(false);
  expect(isReplayed((await send(false)).isOk({ created: 1 }))).toBe(false);
  expect(isReplayed((await send(false)).isOk({ created: 1 }))).toBe(true);
});
