import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { MedicHospital } from '../../src/medics/medic-hospital.js';
import { HOSPITAL, medicBody } from '../support/bodies.js';
import { connectTo, rawRequest, sendRaw } from '../support/raw.js';
import { until } from '../support/until.js';
import { useService } from '../support/service.js';

const service = useService();

interface Line {
  level: number;
  reqId: string;
  medic?: number;
  method: string;
  route?: string;
  status: number;
  ms: number;
  msg: string;
}

/** @returns the lines of a request, once one of them contains its status */
async function linesOf(id: string): Promise<Line[]> {
  const lines = () => service.log.map((line) => JSON.parse(line) as Line).filter(({ reqId }) => reqId === id);
  await until(() => lines().some(({ status }) => typeof status === 'number'));
  return lines();
}

test.each([
  ['GET', (id: number) => `/medics/${String(id)}?x=1`, '/api/v2/medics/:id', 200],
  ['GET', () => '/medics/?limit=x', '/api/v2/medics', 400],
  ['GET', () => '/management/memberships/2147483647/', '/api/v2/management/memberships/:id', 404],
  ['PUT', () => '/medics/', '/api/v2/medics', 405],
  ['HEAD', () => '/locations', '/api/v2/locations', 200],
] as const)('a %s leaves one line with its route and status', async (method, pathOf, route, status) => {
  const medic = await service.given.medic();
  const id = `${method}.${String(status)}.${String(medic.id)}`;
  (await medic.send(method, pathOf(medic.id), { headers: { 'x-request-id': id } })).is(status);
  const lines = await linesOf(id);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({
    level: 30,
    method,
    route,
    status,
    ms: expect.any(Number) as number,
    msg: 'request',
  });
  expect(lines[0]?.medic).toBe(status === 405 ? undefined : medic.id);
});

test('a request without a valid key leaves one line without a medic', async () => {
  (await service.client.get('/medics/', { headers: { 'x-request-id': 'nobody' } })).isRefused('Invalid Token');
  const [line, ...more] = await linesOf('nobody');
  expect([line?.status, line?.medic, more]).toEqual([401, undefined, []]);
});

test('a request that is refused before it is read leaves one line without its path', async () => {
  for (const [id, path, status] of [
    ['unknown', '/api/v2/nothing/secret', 404],
    ['misspelt', '/api/v2/medics/%zz?secret', 404],
    ['large', '/api/v2/hospital/?secret', 413],
  ] as const) {
    const { token } = await service.given.medic();
    const type = { 'Content-Type': 'application/json', Authorization: `Token ${token}`, 'X-Request-Id': id };
    const body = id === 'large' ? 'x'.repeat(1_048_577) : '';
    const method = id === 'large' ? 'POST' : 'GET';
    (await sendRaw(service.client.url, rawRequest(`${method} ${path}`, type, body))).is(status);
    const lines = await linesOf(id);
    expect(lines).toHaveLength(1);
    expect(JSON.stringify(lines)).not.toContain('secret');
  }
});

test.each(['application/json', 'multipart/form-data; boundary=b'])(
  'a client that disconnects while it sends a body of %s is not logged as a failure of the database',
  async (type) => {
    const medic = await service.given.medic();
    const id = type.replace(/\W.*/, '.gone');
    const fields = { 'Content-Type': type, 'Content-Length': '9', Authorization: `Token ${medic.token}` };
    const received = once(service.app.getHttpServer(), 'request') as Promise<[IncomingMessage]>;
    const socket = await connectTo(service.client.url);
    socket.write(rawRequest('POST /api/v2/hospital/', { ...fields, 'X-Request-Id': id }, 'half'));
    const [request] = await received;
    // The multipart body is read only after the key has been checked.
    await until(() => request.listenerCount('data') + request.listenerCount('readable') > 0);
    socket.resetAndDestroy();
    await until(() => request.closed);
    (await medic.get('/locations/', { headers: { 'x-request-id': `after.${id}` } })).isOk();
    await linesOf(`after.${id}`);
    const lines = service.log.map((line) => JSON.parse(line) as Line).filter(({ reqId }) => reqId === id);
    expect(lines.filter(({ level }) => level > 30)).toEqual([]);
  },
);

describe('secrets of clients', () => {
  const SECRET = 'secret.of.nobody@example.org';
  const PASSWORD = 'a very secret password';

  /** @returns the whole log, once the request with this id is logged */
  async function logAfter(id: string): Promise<string> {
    await linesOf(id);
    return service.log.join('');
  }

  test('secrets are never logged, whether the request is accepted or refused', async () => {
    const medic = await service.given.medic();
    const body = { ...medicBody(), email: SECRET, password: PASSWORD };
    const created = (await medic.post('/medics/', body)).isCreated().body<{ token: string }>();
    (await medic.post('/medics/', body)).isInvalid('email');
    (await medic.post('/medics/', { ...body, [SECRET]: PASSWORD })).is(400);
    (await medic.post('/medics/', `{"email":"${SECRET}" ${PASSWORD}`)).is(400);
    (await medic.post('/medics/', PASSWORD, { headers: { 'content-type': 'text/plain' } })).is(415);
    (await medic.get(`/search/medics/?query=${SECRET}`)).isOk({ count: 1 });
    (await medic.get(`/search/medics/?query=${SECRET}&limit=x`)).is(400);
    (await medic.get(`/medics/${SECRET}`)).isNotFound();
    (await medic.get(`/nothing/${SECRET}`)).isNotFound();
    (await medic.get('/medics/', { headers: { 'x-email': SECRET, cookie: PASSWORD } })).isOk();
    (await service.client.get(`/medics/?token=${medic.token}`)).isRefused('Invalid Token');
    const last = { authorization: `Bearer ${medic.token}`, 'x-request-id': 'last' };
    (await service.client.get('/medics/', { headers: last })).isRefused('Invalid Token');
    const log = await logAfter('last');
    for (const secret of [SECRET, encodeURIComponent(SECRET), PASSWORD, medic.token, created.token, medic.email]) {
      expect(log).not.toContain(secret);
    }
    expect(log).not.toMatch(/hmk_|argon2/);
  });

  test('the log of a 500 names the place of the error and contains no secret', async () => {
    const medic = await service.given.medic();
    const body = { ...medicBody(), email: SECRET.toUpperCase(), password: PASSWORD };
    const headers = {
      Authorization: `Token ${medic.token}`,
      'Content-Type': 'application/json',
      'X-Request-Id': 'defect',
    };
    await service.dataSource.query('ALTER TABLE medic RENAME COLUMN campaign TO missing');
    const request = rawRequest('POST /api/v2/medics/', headers, JSON.stringify(body));
    const response = await sendRaw(service.client.url, request);
    await service.dataSource.query('ALTER TABLE medic RENAME COLUMN missing TO campaign');
    expect([response.status, response.text]).toEqual([500, '{"message":"Something went wrong on our side."}']);
    const log = await logAfter('defect');
    for (const secret of [SECRET, SECRET.toUpperCase(), PASSWORD, medic.token]) expect(log).not.toContain(secret);
    const [defect, line] = await linesOf('defect');
    expect(defect).toMatchObject({ level: 50, code: '42703', stack: expect.stringMatching(/^ {4}at /) as string });
    expect(line).toMatchObject({ level: 30, status: 500, medic: medic.id });
  });

  test.each([
    ['a full disk', '53100'],
    ['a lock timeout', '55P03'],
    ['a persistent deadlock', '40P01'],
    ['a cancelled statement', '57014'],
  ])('the log of a 503 has the code of the database error and contains no secret: %s', async (_, code) => {
    const { admin } = await service.given.hospital();
    await service.dataSource.query(`CREATE FUNCTION give_up() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION '%', NEW.name USING ERRCODE = '${code}'; END $$`);
    await service.dataSource.query(
      'CREATE TRIGGER give_up BEFORE INSERT ON hospital FOR EACH ROW EXECUTE FUNCTION give_up()',
    );
    const headers = { 'x-request-id': code };
    const response = await admin.post('/hospital/', { ...HOSPITAL, name: SECRET }, { headers });
    await service.dataSource.query('DROP FUNCTION give_up CASCADE');
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    const [reason, ...lines] = await linesOf(code);
    expect(reason).toMatchObject({ level: 40, code, msg: 'database unavailable' });
    expect(lines).toEqual([expect.objectContaining({ status: 503 })]);
    expect(await logAfter(code)).not.toContain(SECRET);
  });

  test('the log of a conflict that the database finds contains no secret', async () => {
    const medic = await service.given.medic();
    const email = 'twice.secret@example.org';
    const post = () => medic.post('/medics/', { ...medicBody(), email }, { concurrent: true });
    const statuses = (await Promise.all([post(), post(), post()])).map(({ status }) => status);
    expect(statuses.sort()).toEqual([201, 400, 400]);
    const { hospital, admin, member } = await service.given.hospital();
    (await admin.addMember(hospital, member)).isConflict(/already exists/);
    (await admin.post('/hospital/', HOSPITAL, { headers: { 'x-request-id': 'twice' } })).isCreated();
    expect(await logAfter('twice')).not.toContain(email);
  });
});

test('a 503 for a medic whose hospital keeps changing changes nothing, and is not logged as a failure of the database', async () => {
  const { admin, hospital } = await service.given.hospital();
  const path = `/medics/${String(admin.id)}`;
  const before = (await admin.get(path)).isOk().text;
  let reads = 0;
  // Another hospital after each lock than before it.
  const found = vi.spyOn(MedicHospital.prototype, 'findId').mockImplementation(() => {
    reads += 1;
    return Promise.resolve(reads % 2 === 1 ? hospital : hospital + 1);
  });
  const headers = { 'x-request-id': 'outdated' };
  const change = { name: 'Changed', is_admin_membership: false };
  const response = await admin.patch(path, change, { headers }).finally(() => {
    found.mockRestore();
  });
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
  expect(response.body()).toEqual({ message: 'Other requests keep changing the same data; try again shortly.' });
  expect(await linesOf('outdated')).toEqual([expect.objectContaining({ status: 503, msg: 'request' })]);
  expect((await admin.get(path)).isOk().text).toBe(before);
});
