import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../support/until.js';
import { useCluster, withPrograms } from './use-cluster.js';

/** Longer than the lock of the primary lasts (`ttl` in `deploy/ha/patroni.yml`), in milliseconds. */
const LONGER_THAN_TTL_MS = 25_000;

/** How long replication is held up, in milliseconds; shorter than `wal_sender_timeout`. */
const HELD_UP_MS = 5_000;

withPrograms('a cluster of which a part stops without ending', () => {
  const trial = useCluster();

  // Where in its loop Patroni stops, and so what it does first when it continues, is chance.
  test.each([1, 2, 3])('a frozen primary is replaced, and keeps nothing when it continues, freeze %i', (freeze) =>
    trial({
      name: `frozen node ${String(freeze)}`,
      happen: async (cluster, _load, session) => {
        const leader = await cluster.nodeOf('leader');
        const former = await leader.writable();
        leader.freeze();
        await cluster.primary(former);
        // HAProxy closes it, because the frozen server cannot.
        await session.closed();
        // It continues while the load goes on, and still believes for a moment that it is the primary.
        leader.thaw();
      },
    }),
  );

  test('a frozen standby holds up changes only until another one takes its place', () =>
    trial({
      name: 'frozen standby',
      isFailover: false,
      happen: async (cluster) => {
        (await cluster.nodeOf('sync_standby')).freeze();
      },
    }));

  test('while etcd is frozen, the primary goes on', () =>
    trial({
      name: 'frozen etcd',
      isFailover: false,
      happen: async (cluster, load) => {
        cluster.freezeEtcd();
        await sleep(LONGER_THAN_TTL_MS);
        const written = load.acknowledgedAt.length;
        await until(() => load.acknowledgedAt.length > written);
      },
    }));

  test('changes that no standby has are not acknowledged, so a kill loses none', () =>
    trial({
      name: 'replication held up before the kill',
      happen: async (cluster, load) => {
        const [leader, standby] = [await cluster.nodeOf('leader'), await cluster.nodeOf('sync_standby')];
        standby.holdReplication();
        // Changes that the standby confirmed before may still be acknowledged.
        await sleep(HELD_UP_MS / 2);
        const written = load.acknowledgedAt.length;
        await sleep(HELD_UP_MS / 2);
        expect(load.acknowledgedAt.length).toBe(written);
        await leader.kill();
        standby.thaw();
      },
    }));
});
