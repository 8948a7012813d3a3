import { hashPassword } from '../../src/auth/password.js';
import type { CheckedResponse } from '../support/checked-response.js';
import type { Actor } from '../support/actor.js';
import type { HospitalScene } from '../support/given.js';
import { isPrefetching } from '../support/prefetching.js';
import { isServer } from '../support/server.js';
import { useService } from '../support/service.js';
import { givenService, type ServiceActor } from '../support/services.js';

const service = useService();
const PASSWORD = 'correct horse battery staple';
let asker: ServiceActor;

/**
 * Makes every statement that does not look up a key believe that a standby executes it, as behind a pooler that has
 * just switched: the session began on a primary, and so did the look-up.
 */
async function simulateStandby(): Promise<void> {
  const client = await service.database.connect();
  await client.query(`CREATE SCHEMA standby;
    CREATE FUNCTION standby.pg_is_in_recovery() RETURNS boolean LANGUAGE sql VOLATILE AS
      $$ SELECT current_query() ~ '\\m(FROM|JOIN) (medic|membership|record_head|record_entry)\\M' AND current_query() !~ 'api_token' $$;
    CREATE FUNCTION standby.pg_current_xact_id() RETURNS xid8 LANGUAGE plpgsql VOLATILE AS
      $$ BEGIN RAISE read_only_sql_transaction; END $$;`);
  // New sessions resolve the two names to these functions.
  await client.query(`ALTER DATABASE ${client.database ?? ''} SET search_path = standby, pg_catalog, public`);
  await client.query(
    'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()',
    [client.database],
  );
  await client.end();
}

const membershipOf = (id: number) => `/management/memberships/${String(id)}`;

const ask = (path: string, { member, hospital }: HospitalScene) =>
  asker.send('POST', `/access/v1/${path}`, {
    body: {
      subject: { type: 'medic', id: String(member.id) },
      action: { name: 'prescribe' },
      resource: { type: 'hospital', id: String(hospital) },
    },
  });

/** Requests that read the record, or decide a right or a credential after the look-up of the key, or without one. */
const DECIDING: [string, (scene: HospitalScene, account: Actor) => Promise<CheckedResponse>][] = [
  ['a hospital', ({ admin, hospital }) => admin.get(`/hospital/${String(hospital)}`)],
  ['a medic', (_, account) => account.get(`/medics/${String(account.id)}`)],
  ['a search for an email', (_, account) => account.get(`/search/medics?query=${account.email}`)],
  ['the memberships of all administered hospitals', ({ admin }) => admin.get('/management/memberships/?managed=true')],
  ['a decision', (scene) => ask('evaluation', scene)],
  ['a batch of decisions', (scene) => ask('evaluations', scene)],
  ['a search for medics', (scene) => ask('search/subject', scene)],
  ['a search for hospitals', (scene) => ask('search/resource', scene)],
  ['a search for actions', (scene) => ask('search/action', scene)],
  ['the feed', () => asker.get('/events')],
  ['the history of a membership', ({ admin, membership }) => admin.get(`${membershipOf(membership)}/history/`)],
  ['the history of a hospital', ({ admin, hospital }) => admin.get(`/memberships/${String(hospital)}/history/`)],
  [
    'the memberships of a hospital at an instant',
    ({ admin, hospital }) => admin.get(`/memberships/${String(hospital)}?at=${new Date().toISOString()}`),
  ],
  ['a log-in', (_, { email }) => service.client.post('/token-auth/', { email, password: PASSWORD })],
  [
    'a log-in with a wrong password',
    (_, { email }) => service.client.post('/token-auth/', { email, password: 'wrong' }),
  ],
];

/** These decide in the statement that looks up the key, if it prefetches. */
const PREFETCHING: typeof DECIDING = [
  ['a membership', ({ admin, membership }) => admin.get(membershipOf(membership))],
  ['the memberships of a hospital', ({ admin, hospital }) => admin.get(`/memberships/${String(hospital)}`)],
  ['a change of a membership', ({ admin, membership }) => admin.changeMembership(membership, {})],
];

(isServer ? describe : describe.skip)('a decision or read of the record on a standby behind a pooler is a 503', () => {
  let scene: HospitalScene;
  let account: Actor;
  beforeAll(async () => {
    scene = await service.given.hospital();
    asker = await givenService(service);
    account = await service.given.medic({ passwordHash: await hashPassword(PASSWORD) });
    await simulateStandby();
  });

  test.each([...DECIDING, ...(isPrefetching ? [] : PREFETCHING)])('%s', async (_, send) => {
    expect((await send(scene, account)).status).toBe(503);
  });
});
