import { medicBody } from '../support/bodies.js';
import { BAD_SLICES, refusesBadKeys } from '../support/refusals.js';
import { useService } from '../support/service.js';

const service = useService();

interface Page {
  readonly count: number;
  readonly next: string | null;
  readonly previous: string | null;
  readonly results: { readonly id: number }[];
}

/**
 * @param count number of medics to create
 * @returns a medic who created that many
 */
async function creatorOf(count: number) {
  const creator = await service.given.medic();
  const created = [];
  for (let number = 0; number < count; number += 1)
    created.push(await service.given.medic({ createdById: creator.id }));
  return { creator, created, ids: created.map(({ id }) => id) };
}

describe('GET /medics/', () => {
  refusesBadKeys(service, 'GET', async () => ({ actor: await service.given.medic(), path: '/medics/' }));

  test('a medic lists only the medics that they created, by id', async () => {
    const { creator, ids } = await creatorOf(2);
    await creatorOf(1);
    const page = (await creator.get('/medics/')).isOk({ count: 2, next: null, previous: null }).body<Page>();
    expect(page.results.map(({ id }) => id)).toEqual(ids);
  });

  test('a medic who created nobody gets an empty page, even if somebody created them', async () => {
    const { created } = await creatorOf(1);
    expect((await created[0]?.get('/medics'))?.isOk().json).toEqual({
      count: 0,
      next: null,
      previous: null,
      results: [],
    });
  });

  test.each(['admin', 'member', 'outsider', 'stranger'] as const)(
    'no membership shows the %s a medic who was created by somebody else',
    async (who) => {
      const scene = await service.given.hospital();
      (await scene[who].get('/medics/')).isOk({ count: 0, results: [] });
    },
  );

  test('a medic who was created over HTTP is listed as GET returns it, active or not', async () => {
    const creator = await service.given.medic();
    const { id } = (await creator.post('/medics/', medicBody({ is_active: false }))).isCreated().body();
    const read = (await creator.get(`/medics/${String(id)}`)).isOk({ is_active: false }).json;
    expect((await creator.get('/medics/')).isOk().body<Page>().results).toEqual([read]);
  });

  test.each(['true', 'false', 'x', ''])('created_filter=%s has no effect', async (value) => {
    const { creator, ids } = await creatorOf(1);
    (await creator.get(`/medics/?created_filter=${value}`)).isOk({ count: 1, results: [{ id: ids[0] }] });
  });

  test("the email filter finds the exact email, in any letter case, among the caller's creations", async () => {
    const creator = await service.given.medic();
    const email = 'Muñoz.Οδυσσεύς@example.org';
    const { id } = await service.given.medic({ createdById: creator.id, email });
    await service.given.medic({ createdById: creator.id, email: `x${email}` });
    const stranger = await service.given.medic();
    for (const spelled of [email, email.toUpperCase(), email.toLowerCase()]) {
      const query = `email=${encodeURIComponent(spelled)}`;
      (await creator.get(`/medics/?${query}`)).isOk({ count: 1, results: [{ id, email }] });
      (await stranger.get(`/medics/?${query}`)).isOk({ count: 0, results: [] });
    }
    (await creator.get('/medics/?email=nobody@example.org')).isOk({ count: 0, results: [] });
    (await creator.get(`/medics/?email=${creator.email}`)).isOk({ count: 0, results: [] });
    (await creator.get('/medics/?email=')).isOk({ count: 2 });
  });

  test('the email filter stays in the links', async () => {
    const { creator, created } = await creatorOf(1);
    const email = encodeURIComponent(created[0]?.email ?? '');
    (await creator.get(`/medics/?email=${email}&offset=1`)).isOk({
      count: 1,
      results: [],
      previous: `${service.client.url}/api/v2/medics/?email=${email}&limit=15&offset=0`,
    });
  });

  test.each(['email=nobody', 'email=%20', 'email=a%00@example.org', 'email=a@b.org&email=c@d.org'])(
    'the query %s is rejected',
    async (query) => {
      const medic = await service.given.medic();
      (await medic.get(`/medics/?${query}`)).isInvalid('email');
    },
  );

  test('a page contains 15 medics, and the links visit each medic once', async () => {
    const { creator, ids } = await creatorOf(17);
    const first = (await creator.get('/medics/?created_filter=true')).isOk().body<Page>();
    expect(first).toMatchObject({ count: 17, previous: null });
    expect(first.next).toBe(`${service.client.url}/api/v2/medics/?created_filter=true&limit=15&offset=15`);
    const second = (await creator.get('/medics/?limit=15&offset=15')).isOk().body<Page>();
    expect(second).toMatchObject({ count: 17, next: null });
    expect(second.previous).toBe(`${service.client.url}/api/v2/medics/?limit=15&offset=0`);
    expect([...first.results, ...second.results].map(({ id }) => id)).toEqual(ids);
  });

  test.each(BAD_SLICES)('the query %s=%s is rejected', async (name, value) => {
    const medic = await service.given.medic();
    (await medic.get(`/medics/?${name}=${value}`)).isInvalid(name);
  });
});
