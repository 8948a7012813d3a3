import type { HospitalScene } from '../support/given.js';
import { isPrefetching } from '../support/prefetching.js';
import { useService } from '../support/service.js';
import { givenService } from '../support/services.js';
import { listen } from '../support/statements.js';

const service = useService();

/** As in `src/prefetch/prefetch.ts`. */
const MAX_PREFETCHED = 200;

/** @returns the number of statements that `work` sends, without the check of each new connection */
async function statementsOf(work: () => Promise<unknown>): Promise<number> {
  let count = 0;
  const stop = listen((_, text) => {
    if (/\b(api_token|membership|service_account)\b/.test(text)) count += 1;
  });
  await work().finally(stop);
  return count;
}

function rowsOf(body: object): object[] {
  return Array.isArray(body) ? (body as object[]) : (body as { results: object[] }).results;
}

/** @returns an ADMIN with 17 live memberships and a removed one, and their hospital, which has 30 MEMBERs and a removed one */
async function busyAdmin() {
  const { given } = service;
  const { admin, hospital } = await given.hospital();
  await given.crowd(hospital, 30);
  await given.membership(await given.medic(), hospital, { isDeleted: true });
  for (let count = 1; count < 17; count += 1) await given.membership(admin, await given.emptyHospital());
  await given.membership(admin, await given.emptyHospital(), { isDeleted: true });
  return { admin, hospital };
}

describe(`a request costs ${isPrefetching ? 'one statement' : 'more statements without the prefetch'}`, () => {
  const memberships = '/management/memberships/';
  test.each<[string, number, (scene: HospitalScene) => Promise<unknown>]>([
    [
      'a membership',
      2,
      async ({ admin, membership }) => (await admin.get(`${memberships}${String(membership)}`)).isOk(),
    ],
    ['own memberships', 2, async ({ admin }) => (await admin.get(memberships)).isOk()],
    ['locations', 2, async ({ admin }) => (await admin.get('/locations/')).isOk()],
    [
      "a hospital's memberships",
      3,
      async ({ admin, hospital }) => (await admin.get(`/memberships/${String(hospital)}`)).isOk(),
    ],
    [
      'a refused list',
      2,
      async ({ member, hospital }) =>
        (await member.get(`/memberships/${String(hospital)}`)).isRefused('Unauthorized Medic'),
    ],
  ])('%s', async (_, withoutPrefetch, send) => {
    const scene = await service.given.hospital();
    expect(await statementsOf(() => send(scene))).toBe(isPrefetching ? 1 : withoutPrefetch);
  });
});

describe(`the key of a service account and its question are ${isPrefetching ? 'one statement' : 'two statements'}`, () => {
  test.each([
    ['evaluation', 1],
    ['evaluations', 1000],
    ['search/subject', 1],
    ['search/resource', 1],
    ['search/action', 1],
  ])('%s', async (path, count) => {
    const asker = await givenService(service);
    const { member, hospital } = await service.given.hospital();
    const subject = { type: 'medic', id: String(member.id) };
    const resource = { type: 'hospital', id: String(hospital) };
    const question = { subject, action: { name: 'prescribe' }, resource };
    const body = { ...question, ...(count === 1 ? {} : { evaluations: Array.from({ length: count }, () => ({})) }) };
    const ask = async (context: object) =>
      (await asker.send('POST', `/access/v1/${path}`, { body: { ...body, context }, concurrent: true })).is(200);
    expect(await statementsOf(() => ask({}))).toBe(isPrefetching ? 1 : 2);
    await service.dataSource.query('SELECT record_sequence()');
    expect(await statementsOf(() => ask({ position: 1 }))).toBe(isPrefetching ? 1 : 2);
  });
});

// An unknown parameter is ignored, but the list is then read without the prefetch.
describe('lists with and without the prefetch', () => {
  test.each<[string, (hospital: number) => string, number]>([
    ['own memberships', () => '/management/memberships/', 15],
    ['locations', () => '/locations/', 17],
    ["a hospital's memberships", (hospital) => `/memberships/${String(hospital)}`, 32],
  ])('%s are the same with and without the prefetch', async (_, pathOf, length) => {
    const { admin, hospital } = await busyAdmin();
    const path = pathOf(hospital);
    const [plain, other] = [await admin.get(path), await admin.get(`${path}?unknown=1`)];
    const [rows, others] = [rowsOf(plain.isOk().body()), rowsOf(other.isOk().body())];
    expect(rows).toHaveLength(length);
    expect(rows).toEqual(others);
  });

  test('the prefetch counts all memberships of the caller, and the next page has the rest', async () => {
    const { admin } = await busyAdmin();
    const { count, next } = (await admin.get('/management/memberships/'))
      .isOk()
      .body<{ count: number; next: string }>();
    expect([count, new URL(next).search]).toEqual([17, '?limit=15&offset=15']);
    const second = (await admin.get(`/management/memberships/${new URL(next).search}`)).isOk({ count: 17, next: null });
    expect(rowsOf(second.body())).toHaveLength(2);
  });

  test('the lists of a medic with more memberships than the prefetch reads are complete', async () => {
    const COUNT = MAX_PREFETCHED + 5;
    const medic = await service.given.medic();
    await service.dataSource.query(
      `WITH added AS (INSERT INTO hospital (name, patron, location, contact)
         SELECT 'Hospital', 'HOSPITAL', 'Monterrey', '81' FROM generate_series(1, $2::integer) RETURNING id)
       INSERT INTO membership (medic_id, hospital_id, type, is_active) SELECT $1, id, 'MEMBER', false FROM added`,
      [medic.id, COUNT],
    );
    for (const query of ['', '?unknown=1']) {
      expect((await medic.get(`/locations/${query}`)).isOk().body()).toHaveLength(COUNT);
      (await medic.get(`/management/memberships/${query}`)).isOk({ count: COUNT });
    }
  });

  test('the lists of a medic without memberships are empty', async () => {
    const { outsider } = await service.given.hospital();
    (await outsider.get('/management/memberships/')).isOk({ count: 0, next: null, previous: null, results: [] });
    expect((await outsider.get('/locations/')).isOk().body()).toEqual([]);
  });
});
