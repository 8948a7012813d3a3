import { once } from 'node:events';
import { Reads } from '../../src/database/reads.js';
import type { Actor } from '../support/actor.js';
import { connectTo, rawRequest } from '../support/raw.js';
import { until } from '../support/until.js';
import { isServer } from '../support/server.js';
import { useService } from '../support/service.js';
import { waitingIn } from '../support/waiting.js';

const service = useService();

// The embedded database has one connection.
(isServer ? test : test.skip)('slow lists and slow pictures delay no other requests', async () => {
  const { admin, member, membership, outsider } = await service.given.hospital();
  const holder = await service.database.connect();
  // Among these requests, only lists of hospitals and pictures need this table. One account reads two at a time.
  await holder.query('BEGIN; LOCK TABLE hospital_picture IN ACCESS EXCLUSIVE MODE');
  const lists = Array.from({ length: 4 }, () => outsider.get('/hospital/'));
  const picture = service.client.get(`/pictures/${'0'.repeat(64)}`);
  await until(async () => (await waitingIn(holder, 'hospital_picture')).length === 3);
  for (const medic of [admin, member]) (await medic.get(`/management/memberships/${String(membership)}`)).isOk();
  await holder.query('ROLLBACK');
  await holder.end();
  for (const list of await Promise.all(lists)) list.isOk({ count: 0 });
  (await picture).isNotFound();
});

// The embedded database runs on the event loop.
const testEmbedded = isServer ? test.skip : test;

/** Connects a client whose request is sent at once. @returns the response, when it has arrived */
async function ask(path: string, { token }: Actor): Promise<string> {
  const socket = await connectTo(service.client.url);
  const response = once(socket, 'data');
  socket.write(rawRequest(`GET /api/v2${path}`, { Authorization: `Token ${token}` }));
  return String((await response)[0]);
}

testEmbedded('a request that arrives behind many lists of others is served after the first of them', async () => {
  const LISTS = 40;
  const { admin, outsider } = await service.given.hospital();
  let listed = 0;
  const list = () => ask('/management/memberships/?managed=true', admin).then(() => (listed += 1));
  const lists = Array.from({ length: LISTS }, list);
  expect(await ask('/locations/', outsider)).toMatch(/^HTTP\/1\.1 200 /);
  expect(listed).toBeLessThan(LISTS / 4);
  await Promise.all(lists);
});

testEmbedded('slow lists that wait for each other leave half of the time to other requests', async () => {
  const reads = new Reads(service.database.dataSource);
  const slow = 'SELECT count(*)::integer AS count FROM generate_series(1, 300000)';
  const before = performance.eventLoopUtilization();
  await Promise.all([1, 2, 3, 4, 5, 6].map((id) => reads.listsOf({ id }).query(slow)));
  const { utilization } = performance.eventLoopUtilization(before);
  await reads.onApplicationShutdown();
  expect(utilization).toBeLessThan(0.5);
});
