import { MembershipType } from '../../src/memberships/membership.entity.js';
import { castOf, type Cast } from '../support/actors.js';
import type { CheckedResponse } from '../support/checked-response.js';
import { BAD_SLICES, refusesBadKeys } from '../support/refusals.js';
import { useService } from '../support/service.js';

const service = useService();
const PATH = '/management/memberships/';

interface Page {
  readonly count: number;
  readonly next: string | null;
  readonly previous: string | null;
  readonly results: { readonly id: number; readonly hospital: number }[];
}

/** Fails the test unless the list is complete in one page, and contains exactly these memberships in this order. */
function isListOf(answer: CheckedResponse, ...ids: number[]): void {
  const page = answer.isOk({ count: ids.length, next: null, previous: null }).body<Page>();
  expect(page.results.map(({ id }) => id)).toEqual(ids);
}

/** @returns a medic who is an ADMIN of one hospital and was added to two others, and removed from one of those */
async function medicOfThree() {
  const { given } = service;
  const medic = await given.medic();
  const hospitals = [await given.emptyHospital(), await given.emptyHospital(), await given.emptyHospital()] as const;
  const adminship = await given.membership(medic, hospitals[0], { type: MembershipType.ADMIN });
  const active = await given.membership(medic, hospitals[1], { isActive: true });
  const removed = await given.membership(medic, hospitals[2], { isDeleted: true });
  const other = await given.membership(await given.medic(), hospitals[0]);
  const gone = await given.membership(await given.medic(), hospitals[0], { isDeleted: true });
  await given.membership(await given.medic(), hospitals[1]);
  return { medic, hospitals, adminship, active, removed, other, gone };
}

describe('GET /management/memberships/', () => {
  refusesBadKeys(service, 'GET', async () => {
    const { admin } = await service.given.hospital();
    return { actor: admin, path: PATH };
  });

  test.each<[string, keyof Cast, keyof Cast | undefined]>([
    ['an ADMIN', 'admin', 'adminship'],
    ['a MEMBER', 'member', 'membership'],
    ['a former ADMIN', 'formerAdmin', 'formerAdminship'],
    ['a MEMBER who was removed', 'removedMember', undefined],
    ['an ADMIN who was removed', 'removedAdmin', undefined],
    ['a medic who belongs to nothing', 'outsider', undefined],
    ['the account that created one of its medics', 'creator', undefined],
  ])('%s sees only their own live memberships', async (_, who, which) => {
    const cast = await castOf(service);
    const actor = cast[who] as Cast['admin'];
    isListOf(await actor.get(PATH), ...(which === undefined ? [] : [cast[which] as number]));
  });

  test('memberships are listed by id, each as GET returns it', async () => {
    const { medic, adminship, active } = await medicOfThree();
    const answer = await medic.get(PATH);
    isListOf(answer, adminship, active);
    const [first] = answer.body<Page>().results;
    expect((await medic.get(`${PATH}${String(adminship)}`)).isOk().json).toEqual(first);
  });

  test("filters narrow the caller's own list", async () => {
    const { medic, hospitals, adminship, active } = await medicOfThree();
    isListOf(await medic.get(`${PATH}?hospital=${String(hospitals[1])}`), active);
    isListOf(await medic.get(`${PATH}?hospital=${String(hospitals[2])}`));
    isListOf(await medic.get(`${PATH}?hospital=2147483647`));
    isListOf(await medic.get(`${PATH}?type_membership=admin`), adminship);
    isListOf(await medic.get(`${PATH}?type_membership=MEMBER`), active);
    isListOf(await medic.get(`${PATH}?is_active=TRUE`), active);
    isListOf(await medic.get(`${PATH}?is_active=0`), adminship);
    isListOf(await medic.get(`${PATH}?is_deleted=false`), adminship, active);
    isListOf(await medic.get(`${PATH}?type_membership=ADMIN&is_active=true`));
  });

  test('a deleted membership is not shown to its medic', async () => {
    const { medic } = await medicOfThree();
    isListOf(await medic.get(`${PATH}?is_deleted=true`));
  });

  test('managed=true lists the memberships of every hospital that the caller administers, by id', async () => {
    const { medic, hospitals, adminship, other, gone } = await medicOfThree();
    isListOf(await medic.get(`${PATH}?managed=true`), adminship, other);
    isListOf(await medic.get(`${PATH}?managed=1&is_deleted=true`), gone);
    isListOf(await medic.get(`${PATH}?managed=True&type_membership=member`), other);
    isListOf(await medic.get(`${PATH}?managed=true&hospital=${String(hospitals[0])}`), adminship, other);
    isListOf(await medic.get(`${PATH}?managed=true&hospital=${String(hospitals[1])}`));
  });

  test('managed=true spans several hospitals', async () => {
    const { medic, adminship, other } = await medicOfThree();
    const hospital = await service.given.emptyHospital();
    const second = await service.given.membership(medic, hospital, { type: MembershipType.ADMIN });
    isListOf(await medic.get(`${PATH}?managed=true`), adminship, other, second);
  });

  test.each<[string, keyof Cast]>([
    ['a MEMBER', 'member'],
    ['a former ADMIN', 'formerAdmin'],
    ['an ADMIN who was removed', 'removedAdmin'],
    ['a medic who belongs to nothing', 'outsider'],
  ])('managed=true returns an empty list for %s', async (_, who) => {
    const actor = (await castOf(service))[who] as Cast['admin'];
    isListOf(await actor.get(`${PATH}?managed=true`));
    isListOf(await actor.get(`${PATH}?managed=true&is_deleted=true`));
  });

  test('a page contains 15 memberships, and the links keep the filters and visit each membership once', async () => {
    const { hospital, admin } = await service.given.hospital();
    await service.given.crowd(hospital, 30);
    const list = `${service.client.url}/api/v2${PATH}?managed=true&colour=blue`;
    const pages: Page[] = [];
    for (let url: string | null = list; url !== null; url = pages.at(-1)?.next ?? null)
      pages.push((await admin.get(url.replace(`${service.client.url}/api/v2`, ''))).isOk({ count: 32 }).body<Page>());
    expect(pages.map(({ next, previous }) => [next, previous])).toEqual([
      [`${list}&limit=15&offset=15`, null],
      [`${list}&limit=15&offset=30`, `${list}&limit=15&offset=0`],
      [null, `${list}&limit=15&offset=15`],
    ]);
    const ids = pages.flatMap(({ results }) => results.map(({ id }) => id));
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    expect(ids).toHaveLength(32);
  });

  test('a limit above 1000 is lowered to 1000, and an offset past the end returns an empty page', async () => {
    const { hospital, admin } = await service.given.hospital();
    await service.given.crowd(hospital, 1000);
    const page = (await admin.get(`${PATH}?managed=true&limit=99999`)).isOk({ count: 1002 }).body<Page>();
    expect(page.results).toHaveLength(1000);
    expect(page.next).toMatch(/limit=1000&offset=1000$/);
    (await admin.get(`${PATH}?managed=true&offset=5000`)).isOk({ count: 1002, next: null, results: [] });
  });

  test('an empty parameter is treated as absent', async () => {
    const { admin, adminship } = await service.given.hospital();
    isListOf(
      await admin.get(`${PATH}?hospital=&type_membership=&is_active=&is_deleted=&managed=&limit=&offset=`),
      adminship,
    );
  });

  test.each<[string, string]>([
    ...BAD_SLICES,
    ['hospital', 'x'],
    ['hospital', '0'],
    ['hospital', '2147483648'],
    ['type_membership', 'OWNER'],
    ['is_active', 'maybe'],
    ['is_deleted', '2'],
    ['managed', 'yes'],
  ])('the query %s=%s is rejected', async (name, value) => {
    const { admin } = await service.given.hospital();
    (await admin.get(`${PATH}?${name}=${value}`)).isInvalid(name);
  });
});
