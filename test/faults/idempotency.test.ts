import type pg from 'pg';
import { HOSPITAL, medicBody } from '../support/bodies.js';
import type { Actor } from '../support/actor.js';
import { API } from '../support/client.js';
import { until } from '../support/until.js';
import { useScratch } from './scratch.js';

/** A connection that holds a lock; it ends before its database is dropped. */
let holder: pg.Client;
afterEach(() => holder.end());
const scratch = useScratch();
beforeEach(async () => {
  holder = await scratch.database.connect();
});

const GATE = `pg_advisory_xact_lock(hashtext('gate'))`;

interface Creation {
  readonly path: string;
  readonly table: string;
  readonly status: number;
  readonly bodyOf: (hospital: number, medic: Actor) => object;
}

const MEMBERSHIPS = '/management/memberships/';

const CREATIONS: Creation[] = [
  { path: '/hospital/', table: 'hospital', status: 201, bodyOf: () => HOSPITAL },
  { path: '/medics/', table: 'medic', status: 201, bodyOf: (hospital) => medicBody({ hospital }) },
  {
    path: MEMBERSHIPS,
    table: 'membership',
    status: 201,
    bodyOf: (hospital, { id }) => ({ medic: id, hospital }),
  },
  {
    path: `${MEMBERSHIPS}bulk/`,
    table: 'membership',
    status: 200,
    bodyOf: (hospital, { id }) => ({ hospital, memberships: [{ medic: id }] }),
  },
];

test.each(CREATIONS.map((creation) => [creation.path, creation] as const))(
  'POST %s is replayed if the process was killed after the commit and before the response',
  async (path, { table, status, bodyOf }) => {
    const first = scratch.process();
    const url = await first.url();
    const { admin, hospital, outsider } = await scratch.given.hospital();
    const body = JSON.stringify(bodyOf(hospital, outsider));
    const create = (to: string) =>
      fetch(to + API + path, {
        method: 'POST',
        headers: {
          authorization: `Token ${admin.token}`,
          'content-type': 'application/json',
          'idempotency-key': 'order-17',
        },
        body,
      });
    const rows = async () => (await scratch.query(`SELECT FROM ${table}`)).length;
    const before = await rows();

    // The service sends COMMIT together with the statement that stops here.
    await scratch.query(`
      CREATE FUNCTION stop_here() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM ${GATE}; RETURN NEW; END $$`);
    await scratch.query(
      'CREATE TRIGGER stop_here BEFORE INSERT ON idempotent_response FOR EACH ROW EXECUTE FUNCTION stop_here()',
    );
    await holder.query(`BEGIN; SELECT ${GATE}`);
    const lost = create(url).then(
      () => 'a response',
      () => 'no response',
    );
    await until(async () => {
      const waiting = await scratch.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return waiting.length > 0;
    });
    first.signal('SIGSTOP');
    await holder.query('ROLLBACK');
    await until(async () => (await scratch.query('SELECT FROM idempotent_response')).length > 0);
    await first.stop('SIGKILL');
    expect(await lost).toBe('no response');
    expect(await rows()).toBe(before + 1);

    const other = await scratch.process().url();
    const answers = [await create(other), await create(other)];
    for (const answer of answers)
      expect([answer.status, answer.headers.get('idempotent-replayed')]).toEqual([status, 'true']);
    const [text, again] = [await answers[0]?.text(), await answers[1]?.text()];
    expect([again, text]).toEqual([text, expect.stringMatching(/^\{"(id":|created":1,)/)]);
    expect(await rows()).toBe(before + 1);
  },
);

test('if the process is killed before the commit, the retry is carried out', async () => {
  const first = scratch.process();
  const url = await first.url();
  const { admin } = await scratch.given.hospital();
  const create = (to: string) =>
    fetch(`${to}${API}/hospital/`, {
      method: 'POST',
      headers: { authorization: `Token ${admin.token}`, 'content-type': 'application/json', 'idempotency-key': 'a' },
      body: JSON.stringify(HOSPITAL),
    });
  const [{ count: before } = { count: 0 }] = await scratch.query<{ count: number }>(
    'SELECT count(*)::integer AS count FROM hospital',
  );
  await holder.query('BEGIN; LOCK TABLE membership IN SHARE MODE');
  const lost = create(url).catch(() => undefined);
  await until(async () => {
    const waiting = await scratch.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return waiting.length > 0;
  });
  await first.stop('SIGKILL');
  await lost;
  await holder.query('ROLLBACK');
  const other = await scratch.process().url();
  const answer = await until(async () => {
    const response = await create(other);
    // Until the server notices that the process is gone, its transaction holds the lock of the key.
    return response.status === 409 ? undefined : response;
  });
  expect([answer.status, answer.headers.get('idempotent-replayed')]).toEqual([201, null]);
  expect(await scratch.query('SELECT count(*)::integer AS count FROM hospital')).toEqual([{ count: before + 1 }]);
});
