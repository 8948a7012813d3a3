import { MAX_PREFETCHED } from '../../src/auth/prefetch.decorator.js';
import { useService } from '../support/service.js';

const service = useService();

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
    const { given } = service;
    const medic = await given.medic();
    for (let count = 0; count < COUNT; count += 1) await given.membership(medic, await given.emptyHospital());
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
