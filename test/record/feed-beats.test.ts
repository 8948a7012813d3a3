import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { ServiceAccounts } from '../../src/auth/service-accounts.js';
import type { HospitalScene } from '../support/given.js';
import { connectTo, rawRequest } from '../support/raw.js';
import { useService } from '../support/service.js';
import { givenService, type ServiceActor } from '../support/services.js';
import { until } from '../support/until.js';
import { headOf, Stream } from './feed.js';

/** What happens every 15 s: each test waits for that, and they wait together. */
const service = useService();
const opened: Stream[] = [];
let scene: HospitalScene;
let reader: ServiceActor;

beforeAll(async () => {
  scene = await service.given.hospital();
  reader = await givenService(service, 'event:read');
});
afterAll(() => {
  opened.forEach((stream) => {
    stream.close();
  });
});

async function open(query: string, { key } = reader): Promise<Stream> {
  const stream = await Stream.open(service.client.url, key, query);
  opened.push(stream);
  return stream;
}

test('after 15 s a stream has a comment, ends for a revoked key or a lost scope, and a wait is refused; a filtered one says how far it has read', async () => {
  const head = await headOf(reader);
  const last = `?after=${String(head)}`;
  const quiet = await open(last);
  const filtered = await open(`${last}&hospital=2147483647`);
  const [revoked, alsoRevoked] = [await givenService(service, 'event:read'), await givenService(service, 'event:read')];
  const narrowed = await givenService(service, 'event:read');
  const ending = await open(`${last}&hospital=2147483647`, revoked);
  const refused = alsoRevoked.get(`/events${last}&hospital=2147483647&wait=30`);
  const losing = await open(`${last}&hospital=2147483647`, narrowed);
  const lost = narrowed.get(`/events${last}&hospital=2147483647&wait=30`);
  // All have been admitted when a later request is answered.
  await headOf(alsoRevoked);
  await headOf(narrowed);
  await service.dataSource.query(`UPDATE service_account SET scopes = '{record:read}' WHERE id = $1`, [narrowed.id]);
  for (const { name } of [revoked, alsoRevoked]) await service.app.get(ServiceAccounts).revoke(name);
  await service.dataSource.query('UPDATE hospital SET is_active = NOT is_active WHERE id = $1', [scene.hospital]);
  const now = await headOf(reader);
  await quiet.take(1);

  expect((await refused).is(401).headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
  expect((await lost).is(403).headers.get('www-authenticate')).toContain('insufficient_scope');
  for (const stream of [ending, losing]) {
    await stream.ended();
    expect(stream.blocks.filter(({ data }) => data !== undefined)).toEqual([]);
  }
  await until(() => quiet.blocks.some(({ isComment }) => isComment));
  const [comment] = await until(() => {
    const comments = filtered.blocks.filter(({ isComment }) => isComment);
    return comments.length > 0 ? comments : undefined;
  });
  expect(comment).toEqual({ isComment: true, id: String(now) });
  expect([quiet.hasEnded, filtered.hasEnded]).toEqual([false, false]);
  await service.dataSource.query('UPDATE hospital SET is_active = NOT is_active WHERE id = $1', [scene.hospital]);
  await quiet.take(1);
});

test('a client that does not read its stream is disconnected, and continues with Last-Event-ID', async () => {
  const from = await headOf(reader);
  const ENTRIES = 16_000;
  await service.given.crowd(scene.hospital, ENTRIES / 2);
  const server = service.app.getHttpServer() as Server;
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const socket = await connectTo(service.client.url);
  const [servers] = await accepted;
  socket.pause();
  const headers = { Authorization: `Bearer ${reader.key}`, Accept: 'text/event-stream' };
  socket.write(rawRequest(`GET /events?after=${String(from)}`, headers));
  await until(() => servers.destroyed);
  const chunks: Buffer[] = [];
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket
      .on('error', () => undefined)
      .on('close', () => {
        resolve();
      });
    socket.resume();
  });
  // The last event may be incomplete.
  const ids = [
    ...Buffer.concat(chunks)
      .toString()
      .matchAll(/^id: (\d+)\ndata: .*\n\n/gm),
  ].map(([, id]) => Number(id));
  const last = ids.at(-1) ?? from;
  expect(last).toBeLessThan(from + ENTRIES);
  const stream = await Stream.open(service.client.url, reader.key, '', { 'last-event-id': String(last) });
  opened.push(stream);
  const rest = await stream.take(from + ENTRIES - last);
  expect([...ids, ...rest.map(({ id }) => Number(id))]).toEqual(
    Array.from({ length: ENTRIES }, (_, index) => from + index + 1),
  );
}, 120_000);
