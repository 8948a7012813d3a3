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
