import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { pino } from 'pino';
import { readEnvironment } from '../../src/config/environment.js';
import { createApp } from '../../src/create-app.js';
import { Reads } from '../../src/database/reads.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { Given, type HospitalScene } from '../support/given.js';
import { isServer } from '../support/server.js';
import { clientOf } from '../support/service.js';
import { until } from '../support/until.js';

/** A replica's schema, which sessions of the replica's URL search first. */
const REPLICA = 'replica';

/** The progress of a replica. */
interface State {
  readonly isInRecovery: boolean;
  readonly checkpointTimeline: number;
  readonly recoveryTimeline: number;
  readonly replayed: string;
}

const FOLLOWING: State = {
  isInRecovery: true,
  checkpointTimeline: 2,
  recoveryTimeline: 0,
  replayed: '0/2000',
};

/** A position of the primary. */
const POSITION = '00000002 0/1000';

// Stands in for two servers, which test/faults has: sessions of a second URL see other functions and no memberships.
(isServer ? describe : describe.skip)('replicas', () => {
  let database: TestDatabase;
  let replicaUrl: string;
  beforeAll(async () => {
    database = await createTestDatabase();
    await database.dataSource.query(`CREATE SCHEMA ${REPLICA};
      CREATE TABLE ${REPLICA}.membership (LIKE public.membership);
      CREATE TABLE ${REPLICA}.state (recovering boolean, checkpoint integer, recovery integer, replayed pg_lsn);
      INSERT INTO ${REPLICA}.state DEFAULT VALUES;
      CREATE FUNCTION ${REPLICA}.pg_is_in_recovery() RETURNS boolean LANGUAGE sql AS
        'SELECT recovering FROM ${REPLICA}.state';
      CREATE FUNCTION ${REPLICA}.pg_last_wal_replay_lsn() RETURNS pg_lsn LANGUAGE sql AS
        'SELECT replayed FROM ${REPLICA}.state';
      CREATE FUNCTION ${REPLICA}.pg_control_checkpoint() RETURNS TABLE (timeline_id integer) LANGUAGE sql AS
        'SELECT checkpoint FROM ${REPLICA}.state';
      CREATE FUNCTION ${REPLICA}.pg_control_recovery() RETURNS TABLE (min_recovery_end_timeline integer) LANGUAGE sql AS
        'SELECT recovery FROM ${REPLICA}.state'`);
    const url = new URL(database.variables['DATABASE_URL'] ?? '');
    url.searchParams.set('options', `-csearch_path=${REPLICA},pg_catalog,public`);
    replicaUrl = url.href;
  });
  afterAll(() => database.drop());

  async function become(changes: Partial<State>): Promise<void> {
    const state = { ...FOLLOWING, ...changes };
    await database.dataSource.query(
      `UPDATE ${REPLICA}.state SET recovering = $1, checkpoint = $2, recovery = $3, replayed = $4`,
      [state.isInRecovery, state.checkpointTimeline, state.recoveryTimeline, state.replayed],
    );
  }

  describe('the choice of the server', () => {
    let reads: Reads;
    beforeEach(async () => {
      reads = new Reads(database.dataSource, [replicaUrl]);
      await become({});
      await until(async () => (await server()) === REPLICA);
    });
    afterEach(() => reads.onApplicationShutdown());

    /** @returns the schema of the server that a list is read from */
    async function server(): Promise<string | undefined> {
      const statements = reads.onReplica({ id: 1, position: POSITION });
      const [row] = await statements.query<{ schema: string }>('SELECT current_schema() AS schema');
      return row?.schema;
    }

    test.each<[string, Partial<State>]>([
      ['is exactly as far as the primary was', { replayed: '0/1000' }],
      ['has reached the timeline since its last checkpoint', { checkpointTimeline: 1, recoveryTimeline: 2 }],
    ])('a replica is read from if it %s', async (_, changes) => {
      await become(changes);
      // A replica that was slow once rests for some seconds.
      await until(async () => (await server()) === REPLICA);
    });

    test.each<[string, Partial<State>]>([
      ['lags behind the reader', { replayed: '0/0FFF' }],
      ['is ahead on an older timeline', { checkpointTimeline: 1, recoveryTimeline: 1, replayed: 'FFFFFFFF/0' }],
      ['is ahead on a newer timeline', { checkpointTimeline: 3, replayed: 'FFFFFFFF/0' }],
      ['was promoted', { isInRecovery: false }],
    ])('a replica that has served lists is not read from anymore if it %s', async (_, changes) => {
      await become(changes);
      expect(await server()).toBe('public');
    });
  });

  describe('over HTTP', () => {
    let app: NestFastifyApplication;
    let scene: HospitalScene;
    beforeAll(async () => {
      const { dataSource } = database;
      const [{ timeline } = { timeline: 0 }] = await dataSource.query<{ timeline: number }[]>(
        'SELECT timeline_id AS timeline FROM pg_control_checkpoint()',
      );
      await become({ checkpointTimeline: timeline, replayed: 'FFFFFFFF/0' });
      const variables = { ...database.variables, DATABASE_REPLICA_URLS: replicaUrl, RATE_LIMIT: '0' };
      app = await createApp(dataSource, readEnvironment(variables), pino({ level: 'silent' }));
      await app.listen(0, '127.0.0.1');
      scene = await new Given(dataSource, await clientOf(await app.getUrl(), database)).hospital();
    });
    afterAll(() => app.close());

    const countOf = async (path: string) => (await scene.admin.get(path)).body<{ count: number }>().count;

    test('a replica serves the own memberships, but never those of administered hospitals, which depend on a right', async () => {
      const own = '/management/memberships/';
      // The replica's table is empty.
      await until(async () => (await countOf(own)) === 0);
      for (const path of [`${own}?managed=true`, `${own}?managed=true&limit=1`, `${own}?managed=true&is_deleted=false`])
        expect(await countOf(path)).toBe(2);
      await until(async () => (await countOf(own)) === 0);
    });
  });
});
