import { once } from 'node:events';
import type { Socket } from 'node:net';
import { MembershipType } from '../../src/memberships/membership.entity.js';
import type { Actor } from '../support/actor.js';
import { passing } from '../support/limits.js';
import { quieten } from '../support/quiet.js';
import { connectTo, rawRequest } from '../support/raw.js';
import { isPrefetching } from '../support/prefetching.js';
import { isServer } from '../support/server.js';
import { useService } from '../support/service.js';
import { listen } from '../support/statements.js';
import { until } from '../support/until.js';
import { waitingIn } from '../support/waiting.js';

const service = useService();
// A test locks the table and ends the statement that waits, which must be that of the list.
beforeAll(() => quieten(service));

/** The embedded database has no connections that a test could observe or terminate. */
const testOnServer = isServer ? test : test.skip;

testOnServer('HEAD reads only the first batch of a long list', async () => {
  const { hospital, admin } = await service.given.hospital();
  await service.given.crowd(hospital, 1_600);
  let statements = 0;
  const stop = listen((_, text) => {
    if (/ORDER BY s.date_joined DESC/.test(text)) statements += 1;
  });
  const path = `/memberships/${String(hospital)}`;
  const { headers } = (await admin.send('HEAD', path)).isOk();
  // These requests end after any work that the first one left behind.
  for (let later = 0; later < 10; later += 1) (await admin.get('/locations/')).isOk();
  // The rows prefetched with the key, which are too few.
  const prefetched = isPrefetching ? 1 : 0;
  const firstBatch = 1;
  expect(statements).toBe(prefetched + firstBatch);
  const whole = (await admin.get(path)).isOk();
  stop();
  expect(statements).toBe(prefetched + firstBatch + prefetched + 4 * firstBatch);
  expect(whole.body<object[]>()).toHaveLength(1_602);
  for (const name of ['content-type', 'content-length', 'cache-control'])
    expect({ [name]: headers.get(name) }).toEqual({ [name]: whole.headers.get(name) });
});

testOnServer('if the database fails during a list, the client can detect it and the log has the reason', async () => {
  const { hospital, admin } = await service.given.hospital();
  await service.given.crowd(hospital, 40_000);
  const accepted = once(service.app.getHttpServer(), 'connection') as Promise<[Socket]>;
  const socket = await connectTo(service.client.url);
  const [served] = await accepted;
  const headers = { Authorization: `Token ${admin.token}`, 'X-Request-Id': 'cut' };
  socket.write(rawRequest(`GET /api/v2/memberships/${String(hospital)}`, headers));
  await until(() => served.bytesWritten > 0);
  // The client reads nothing yet, so most of the list is still in the database.
  const holder = await service.database.connect();
  await holder.query('BEGIN; LOCK TABLE membership');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined);
  const closed = once(socket, 'close');
  const waiting = await until(async () => (await waitingIn(holder, 'membership'))[0]);
  await holder.query('SELECT pg_terminate_backend($1)', [waiting]);
  await closed;
  await holder.query('ROLLBACK');
  await holder.end();
  const text = Buffer.concat(chunks).toString();
  expect(text).toMatch(/^HTTP\/1.1 200 /);
  expect(text).not.toMatch(/0\r\n\r\n$/);
  const lines = await until(() => {
    const found = service.log.filter((line) => line.includes('"reqId":"cut"'));
    return found.some((line) => line.includes('"code"')) ? found : undefined;
  });
  expect(lines.map((line) => JSON.parse(line) as object)).toContainEqual(
    expect.objectContaining({ level: 40, code: '57P01', msg: 'database unavailable' }),
  );
  expect(service.log.join('')).not.toMatch(/"level":50|terminating|administrator|SELECT|membership s/);
  await until(async () => (await admin.get(`/memberships/${String(hospital)}`)).status === 200);
});

describe("a slow reader's list ends as soon as the reader loses access", () => {
  const COUNT = 40_000;
  let hospital: number;
  beforeAll(async () => {
    ({ hospital } = await service.given.hospital());
    await service.given.crowd(hospital, COUNT);
    const move = 'SELECT record_sequence(2000) AS moved';
    for (let moved = 2000; moved === 2000;) [{ moved }] = await service.dataSource.query<[{ moved: number }]>(move);
  });

  const sql = (text: string, id: number) => service.dataSource.query<unknown>(text, [id]);
  /** The membership gets an end right away, and the clock passes it without another write. */
  const limitReached = async ({ id }: Actor) => {
    const end = `UPDATE membership SET valid_until = clock_timestamp() + interval '200 milliseconds' WHERE medic_id = $1
      RETURNING valid_until::text AS at`;
    const [[{ at }]] = await service.dataSource.query<[[{ at: string }], number]>(end, [id]);
    await passing(service.dataSource, at);
  };
  const atNow = () => `?at=${new Date().toISOString()}`;
  test.each<[string, (admin: Actor) => Promise<unknown>, (() => string)?]>([
    [
      "the list ends when the caller's membership is deleted",
      ({ id }) => sql('UPDATE membership SET is_deleted = true WHERE medic_id = $1', id),
    ],
    [
      'the list ends when the caller is demoted',
      ({ id }) => sql(`UPDATE membership SET type = 'MEMBER' WHERE medic_id = $1`, id),
    ],
    ["the list ends when the caller's membership ends by its limit", (admin) => limitReached(admin)],
    [
      'the list ends when the key is revoked',
      ({ id }) => sql('UPDATE api_token SET revoked_at = now() WHERE medic_id = $1', id),
    ],
    [
      'the list ends when the key expires',
      ({ id }) => sql('UPDATE api_token SET expires_at = now() WHERE medic_id = $1', id),
    ],
    [
      'the list ends when the medic is deactivated',
      ({ id }) => sql('UPDATE medic SET is_active = false WHERE id = $1', id),
    ],
    [
      'the list of an instant ends when the caller is demoted',
      ({ id }) => sql(`UPDATE membership SET type = 'MEMBER' WHERE medic_id = $1`, id),
      atNow,
    ],
    [
      "the list of an instant ends when the caller's membership ends by its limit",
      (admin) => limitReached(admin),
      atNow,
    ],
    [
      'the list of an instant ends when the key is revoked',
      ({ id }) => sql('UPDATE api_token SET revoked_at = now() WHERE medic_id = $1', id),
      atNow,
    ],
  ])('%s', async (_, end, query = () => '') => {
    const admin = await service.given.medic();
    await service.given.membership(admin, hospital, { type: MembershipType.ADMIN });
    const accepted = once(service.app.getHttpServer(), 'connection') as Promise<[Socket]>;
    const socket = await connectTo(service.client.url);
    const [served] = await accepted;
    const id = `slow-${String(admin.id)}`;
    const headers = { Authorization: `Token ${admin.token}`, 'X-Request-Id': id };
    socket.write(rawRequest(`GET /api/v2/memberships/${String(hospital)}${query()}`, headers));
    await until(() => served.bytesWritten > 0);
    // The client reads nothing yet, so most of the list is still in the database.
    await end(admin);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined);
    await once(socket, 'close');
    const text = Buffer.concat(chunks).toString();
    expect(text).toMatch(/^HTTP\/1.1 200 /);
    expect(text).not.toMatch(/0\r\n\r\n$/);
    expect(text.match(/"date_joined"/g)?.length).toBeLessThan(COUNT);
    await until(() => service.log.some((line) => line.includes(id) && line.includes('"msg":"response cut short"')));
    expect(service.log.join('')).not.toMatch(/"level":50/);
  });
});
