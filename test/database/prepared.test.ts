import { Reads } from '../../src/database/reads.js';
import { HOSPITAL } from '../support/bodies.js';
import { isServer } from '../support/server.js';
import { useService } from '../support/service.js';
import { until } from '../support/until.js';
import { waitingIn } from '../support/waiting.js';

const service = useService();

/** Sends reads and writes, first in sequence and then concurrently, so that many connections prepare them. */
async function useIt(): Promise<unknown[]> {
  const { hospital, admin, membership, outsider } = await service.given.hospital();
  const requests = [
    () => admin.get('/hospital/'),
    () => admin.get(`/hospital/${String(hospital)}`),
    () => admin.get(`/memberships/${String(hospital)}`),
    () => admin.get(`/management/memberships/${String(membership)}`),
    () => admin.get(`/search/medics/?query=${outsider.email}`),
    () => admin.patch(`/hospital/${String(hospital)}`, { name: 'Other' }, { concurrent: true }),
    () => admin.changeMembership(membership, { type_membership: 'MEMBER' }, { concurrent: true }),
    () => outsider.post('/hospital/', HOSPITAL, { concurrent: true }),
  ];
  const statuses: unknown[] = [];
  for (const request of requests) statuses.push((await request()).status);
  const more = await Promise.all(Array.from({ length: 4 }, () => requests.map((request) => request())).flat());
  return [...statuses, ...more.map(({ status }) => status)];
}

test('responses stay the same while a migration changes the type of columns', async () => {
  const before = await useIt();
  for (const column of ['hospital.name', 'hospital.location', 'medic.name', 'medic.email']) {
    const [table = '', name = ''] = column.split('.');
    await service.dataSource.query(`ALTER TABLE ${table} ALTER COLUMN ${name} TYPE varchar`);
    expect(await useIt()).toEqual(before);
  }
});

(isServer ? test : test.skip)('if a statement cannot be prepared, the statements behind it still succeed', async () => {
  const holder = await service.database.connect();
  await holder.query('BEGIN; LOCK TABLE hospital_picture IN ACCESS EXCLUSIVE MODE');
  const get = () => service.client.get(`/pictures/${'0'.repeat(64)}`);
  // This is the first request for a picture in this file, so its statement is not prepared yet.
  const pictures = Promise.all(Array.from({ length: 6 }, get));
  const pid = await until(async () => (await waitingIn(holder, 'hospital_picture'))[0]);
  await holder.query('SELECT pg_cancel_backend($1)', [pid]);
  await holder.query('ROLLBACK');
  await holder.end();
  const statuses = (await pictures).map(({ status }) => status);
  expect(statuses.sort()).toEqual([404, 404, 404, 404, 404, 503]);
});

(isServer ? test : test.skip)('a prepared statement gets one plan for all values', async () => {
  const reads = new Reads(service.dataSource);
  const text = 'SELECT id FROM membership WHERE hospital_id = $1 LIMIT $2';
  for (let times = 0; times < 8; times += 1) await reads.query(text, [1, 500]);
  const plans = await reads.query(
    'SELECT generic_plans::integer AS "forAny", custom_plans::integer AS "forThese" FROM pg_prepared_statements WHERE statement = $1',
    [text],
  );
  await reads.onApplicationShutdown();
  expect(plans).toEqual([{ forAny: 8, forThese: 0 }]);
});

test('a prepared statement returns rows of the same form each time, one by one and many at once', async () => {
  const reads = new Reads(service.dataSource);
  const text = `SELECT $1::integer AS id, now() IS NOT NULL AS is_true, NULL::text AS nothing, 'epoch'::timestamptz AS at,
    '{1,2}'::integer[] AS list WHERE $1 > 0`;
  const row = { is_true: true, nothing: null, at: '1970-01-01T00:00:00.000000Z', list: [1, 2] };
  for (const id of [1, 2, 0, 3]) expect(await reads.query(text, [id])).toEqual(id === 0 ? [] : [{ id, ...row }]);
  const ids = Array.from({ length: 50 }, (_, index) => index);
  const found = await Promise.all(ids.map((id) => reads.query(text, [id])));
  expect(found).toEqual(ids.map((id) => (id === 0 ? [] : [{ id, ...row }])));
  await reads.onApplicationShutdown();
});

test('the stack of a failed statement names its caller, prepared or not', async () => {
  const reads = new Reads(service.dataSource);
  const failingQuery = async () => await reads.query('SELECT nothing');
  const failure = (await failingQuery().catch((error: unknown) => error)) as Error;
  await reads.onApplicationShutdown();
  expect(failure.stack).toMatch(/at (async )?failingQuery/);
});
