import { useCluster, withPrograms } from './use-cluster.js';

withPrograms('a cluster whose primary fails under load', () => {
  const trial = useCluster();

  test('a switchover loses nothing', () =>
    trial({
      name: 'switchover',
      happen: async (cluster) => {
        expect(await cluster.switchOver()).toBe(200);
      },
    }));

  test('a PostgreSQL that is killed loses nothing', () =>
    trial({
      name: 'kill -9 of PostgreSQL',
      happen: async (cluster) => {
        (await cluster.nodeOf('leader')).killPostgres();
      },
    }));

  test('a node that is killed loses nothing', () =>
    trial({
      name: 'kill -9 of a node',
      happen: async (cluster) => {
        await (await cluster.nodeOf('leader')).kill();
      },
    }));

  test('a node that is killed loses nothing with PgBouncer in between', () =>
    trial(
      {
        name: 'kill -9 of a node, behind PgBouncer',
        happen: async (cluster) => {
          await (await cluster.nodeOf('leader')).kill();
        },
      },
      'PgBouncer',
    ));

  test('a Patroni that is killed while its PostgreSQL goes on loses nothing', () =>
    trial({
      name: 'kill -9 of Patroni',
      happen: async (cluster) => {
        await (await cluster.nodeOf('leader')).killPatroni();
      },
    }));
});
