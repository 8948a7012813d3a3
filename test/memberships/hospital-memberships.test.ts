import { castOf, NOT_ADMINS } from '../support/actors.js';
import { BAD_SLICES, NO_IDS, refusesBadKeys } from '../support/refusals.js';
import { useService } from '../support/service.js';

const service = useService();

interface Row {
  readonly id: number;
  readonly date_joined: string;
}

const pathOf = (hospital: number) => `/memberships/${String(hospital)}`;
const idsOf = (rows: Row[]) => rows.map(({ id }) => id);

/** @returns the rows in the contract's order: newest first, and by descending id within one instant */
function newestFirst(rows: Row[]): Row[] {
  return rows.toSorted((a, b) =>
    a.date_joined === b.date_joined ? b.id - a.id : a.date_joined < b.date_joined ? 1 : -1,
  );
}

/**
 * @param others number of further MEMBERs
 * @returns a hospital with an ADMIN, a MEMBER and these, and its list
 */
async function hospitalOf(others: number) {
  const scene = await service.given.hospital();
  await service.given.crowd(scene.hospital, others);
  const path = pathOf(scene.hospital);
  return { ...scene, path, whole: (await scene.admin.get(path)).isOk().body<Row[]>() };
}

describe('GET /memberships/{hospital}', () => {
  refusesBadKeys(service, 'GET', async () => {
    const { admin, hospital } = await service.given.hospital();
    return { actor: admin, path: pathOf(hospital) };
  });

  test.each(NOT_ADMINS)("%s cannot list the hospital's memberships", async (_, who) => {
    const cast = await castOf(service);
    (await cast[who].get(pathOf(cast.hospital))).isRefused('Unauthorized Medic');
    (await cast[who].get(`${pathOf(cast.hospital)}?limit=x`)).isRefused('Unauthorized Medic');
    (await cast[who].get(`${pathOf(cast.hospital)}?is_deleted=true`)).isRefused('Unauthorized Medic');
  });

  test('an unknown hospital is refused like one that the caller does not administer, and an invalid id is a 404', async () => {
    const { admin } = await service.given.hospital();
    for (const id of NO_IDS) {
      const answer = await admin.get(`/memberships/${id}`);
      if (id === '2147483647') answer.isRefused('Unauthorized Medic');
      else answer.isNotFound();
    }
  });

  test('an ADMIN lists the live memberships of the hospital, each as GET returns it', async () => {
    const { hospital, admin, adminship, membership, formerAdminship } = await castOf(service);
    for (const path of [pathOf(hospital), `${pathOf(hospital)}/`, `${pathOf(hospital)}?is_deleted=false`]) {
      const answer = (await admin.get(path)).isOk();
      expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(answer.headers.get('link')).toBeNull();
      expect(idsOf(answer.body<Row[]>())).toEqual([formerAdminship, membership, adminship]);
    }
    const [newest] = (await admin.get(pathOf(hospital))).body<Row[]>();
    expect((await admin.get(`/management/memberships/${String(formerAdminship)}`)).isOk().json).toEqual(newest);
  });

  test('memberships are listed newest first, whatever their ids', async () => {
    const { given } = service;
    const { hospital, admin, adminship, membership } = await given.hospital();
    const joined = ['2019-01-01T00:00:00Z', '2021-01-01T00:00:00Z', '2020-01-01T00:00:00Z', '2020-01-01T00:00:00Z'];
    const ids: number[] = [];
    for (const instant of joined)
      ids.push(await given.membership(await given.medic(), hospital, { dateJoined: new Date(instant) }));
    const [oldest, newest, same, sameButLater] = ids;
    const answer = (await admin.get(pathOf(hospital))).isOk();
    expect(idsOf(answer.body<Row[]>())).toEqual([membership, adminship, newest, sameButLater, same, oldest]);
  });

  test('filters narrow the list of memberships', async () => {
    const { hospital, admin, adminship, membership, formerAdminship, removedMembership } = await castOf(service);
    const list = async (query: string) => idsOf((await admin.get(`${pathOf(hospital)}?${query}`)).isOk().body<Row[]>());
    expect(await list('type_membership=ADMIN')).toEqual([adminship]);
    expect(await list('type_membership=member')).toEqual([formerAdminship, membership]);
    expect(await list('is_deleted=TRUE&type_membership=Member')).toEqual([removedMembership]);
    expect(await list('is_deleted=1')).toHaveLength(2);
    expect(await list('type_membership=&is_deleted=&limit=&offset=&colour=blue')).toHaveLength(3);
  });

  test('a list without matches is an empty array', async () => {
    const { hospital, admin } = await service.given.hospital();
    for (const query of ['is_deleted=true', 'is_deleted=true&limit=5', 'offset=2']) {
      const answer = (await admin.get(`${pathOf(hospital)}?${query}`)).isOk();
      expect(answer.text).toBe('[]');
    }
  });

  test.each([498, 499, 998, 999, 1203])(
    'a list of %d other memberships is complete, in order and without duplicates',
    async (others) => {
      const { whole } = await hospitalOf(others);
      expect(new Set(idsOf(whole)).size).toBe(others + 2);
      expect(idsOf(whole)).toEqual(idsOf(newestFirst(whole)));
    },
  );

  test('HEAD responds like GET, without a body', async () => {
    const { hospital, admin, member } = await service.given.hospital();
    const answer = (await admin.send('HEAD', pathOf(hospital))).isOk();
    expect(answer.text).toBe('');
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    (await admin.send('HEAD', `${pathOf(hospital)}?limit=1`)).isOk();
    (await member.send('HEAD', pathOf(hospital))).is(401);
  });
});

describe('GET /memberships/{hospital} in slices', () => {
  test('the Link headers visit every membership once, and keep the filters', async () => {
    const { admin, path, whole } = await hospitalOf(5);
    const base = `${service.client.url}/api/v2${path}?is_deleted=false&colour=blue`;
    const link = (rel: string, offset: number) => `<${base}&limit=3&offset=${String(offset)}>; rel="${rel}"`;
    const slices: Row[] = [];
    for (const [offset, links] of [
      [0, link('next', 3)],
      [3, `${link('next', 6)}, ${link('prev', 0)}`],
      [6, link('prev', 3)],
    ] as const) {
      const answer = await admin.get(`${path}?is_deleted=false&colour=blue&limit=3&offset=${String(offset)}`);
      expect(answer.isOk().headers.get('link')).toBe(links);
      slices.push(...answer.body<Row[]>());
    }
    expect(slices).toEqual(whole);
  });

  test('a slice that contains all memberships has no Link header', async () => {
    const { admin, path, whole } = await hospitalOf(5);
    const answer = (await admin.get(`${path}?limit=7`)).isOk();
    expect(answer.headers.get('link')).toBeNull();
    expect(answer.json).toEqual(whole);
  });

  test('the page size is 15 if only offset is given', async () => {
    const { admin, path, whole } = await hospitalOf(20);
    const answer = (await admin.get(`${path}?offset=2`)).isOk();
    expect(answer.json).toEqual(whole.slice(2, 17));
    expect(answer.headers.get('link')).toMatch(/limit=15&offset=17>; rel="next", .*limit=15&offset=0>; rel="prev"$/);
  });

  test('a limit above 1000 is lowered to 1000', async () => {
    const { admin, path, whole } = await hospitalOf(1000);
    const answer = (await admin.get(`${path}?limit=5000`)).isOk();
    expect(answer.json).toEqual(whole.slice(0, 1000));
    expect(answer.headers.get('link')).toMatch(/limit=1000&offset=1000>; rel="next"$/);
  });

  test.each<[string, string]>([...BAD_SLICES, ['type_membership', 'OWNER'], ['is_deleted', 'maybe']])(
    'the query %s=%s is rejected',
    async (name, value) => {
      const { hospital, admin } = await service.given.hospital();
      (await admin.get(`${pathOf(hospital)}?${name}=${value}`)).isInvalid(name);
    },
  );
});
