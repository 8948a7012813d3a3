import { MembershipType } from '../../src/memberships/membership.entity.js';
import { BAD_SLICES, refusesBadKeys } from '../support/refusals.js';
import { useService } from '../support/service.js';

const service = useService();

interface Page {
  readonly count: number;
  readonly next: string | null;
  readonly previous: string | null;
  readonly results: { readonly id: number; readonly is_admin: boolean }[];
}

/**
 * @param count number of hospitals
 * @returns a medic who is a MEMBER of that many, and their ids
 */
async function memberOf(count: number) {
  const medic = await service.given.medic();
  const hospitals: number[] = [];
  for (let number = 0; number < count; number += 1) {
    const hospital = await service.given.emptyHospital();
    await service.given.membership(medic, hospital);
    hospitals.push(hospital);
  }
  return { medic, hospitals };
}

describe('GET /hospital/', () => {
  refusesBadKeys(service, 'GET', async () => ({ actor: await service.given.medic(), path: '/hospital/' }));

  test.each([
    ['an ADMIN', 'admin', true],
    ['a MEMBER', 'member', false],
  ] as const)('%s sees the hospital, and is_admin says whether they administer it', async (_, who, isAdmin) => {
    const scene = await service.given.hospital();
    (await scene[who].get('/hospital/')).isOk({
      count: 1,
      next: null,
      previous: null,
      results: [{ id: scene.hospital, is_admin: isAdmin }],
    });
  });

  test('a medic without memberships gets an empty page', async () => {
    const { outsider } = await service.given.hospital();
    expect((await outsider.get('/hospital')).isOk().json).toEqual({
      count: 0,
      next: null,
      previous: null,
      results: [],
    });
  });

  test('an ADMIN of another hospital sees only that hospital', async () => {
    const { hospital, stranger } = await service.given.hospital();
    const { count, results } = (await stranger.get('/hospital/')).isOk().body<Page>();
    expect(count).toBe(1);
    expect(results.map(({ id }) => id)).not.toContain(hospital);
  });

  test("a hospital is not listed if the caller's membership is deleted", async () => {
    const { hospital, admin, member, membership } = await service.given.hospital();
    (await admin.removeMembership(membership)).isCreated();
    (await member.get('/hospital/')).isOk({ count: 0, results: [] });
    (await admin.get('/hospital/')).isOk({ count: 1, results: [{ id: hospital }] });
  });

  test('hospitals are listed by id, whichever was joined first', async () => {
    const medic = await service.given.medic();
    const [first, second] = [await service.given.emptyHospital(), await service.given.emptyHospital()];
    await service.given.membership(medic, second, { isActive: true });
    await service.given.membership(medic, first, { type: MembershipType.ADMIN });
    (await medic.get('/hospital/')).isOk({
      results: [
        { id: first, is_admin: true },
        { id: second, is_admin: false },
      ],
    });
  });

  test('each hospital is listed as GET returns it', async () => {
    const { hospital, admin } = await service.given.hospital();
    const [listed] = (await admin.get('/hospital/')).body<{ results: unknown[] }>().results;
    expect(listed).toEqual((await admin.get(`/hospital/${String(hospital)}`)).json);
  });

  test('a page contains 15 hospitals, and the links visit each hospital once', async () => {
    const { medic, hospitals } = await memberOf(17);
    const first = (await medic.get('/hospital/?colour=blue')).isOk().body<Page>();
    expect(first).toMatchObject({ count: 17, previous: null });
    expect(first.results).toHaveLength(15);
    expect(first.next).toBe(`${service.client.url}/api/v2/hospital/?colour=blue&limit=15&offset=15`);
    const second = (await medic.get('/hospital/?limit=15&offset=15')).isOk().body<Page>();
    expect(second).toMatchObject({ count: 17, next: null });
    expect(second.previous).toBe(`${service.client.url}/api/v2/hospital/?limit=15&offset=0`);
    expect([...first.results, ...second.results].map(({ id }) => id)).toEqual(hospitals);
  });

  test('limit and offset choose the slice; an empty one is ignored, and a limit above 1000 is lowered', async () => {
    const { medic, hospitals } = await memberOf(3);
    (await medic.get('/hospital/?limit=1&offset=1')).isOk({ count: 3, results: [{ id: hospitals[1] }] });
    (await medic.get('/hospital/?limit=&offset=')).isOk({ results: hospitals.map((id) => ({ id })) });
    (await medic.get('/hospital/?limit=5000&offset=1')).isOk({
      previous: `${service.client.url}/api/v2/hospital/?limit=1000&offset=0`,
    });
    (await medic.get('/hospital/?offset=9')).isOk({ count: 3, next: null, results: [] });
  });

  test.each(BAD_SLICES)('the query %s=%s is rejected', async (name, value) => {
    const medic = await service.given.medic();
    (await medic.get(`/hospital/?${name}=${value}`)).isInvalid(name);
  });
});
