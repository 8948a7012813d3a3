import { BAD_SLICES, refusesBadKeys } from '../support/refusals.js';
import { useService } from '../support/service.js';

const service = useService();

const EMPTY = { count: 0, next: null, previous: null, results: [] };

describe('GET /search/medics/', () => {
  let inigo: number;
  beforeAll(async () => {
    inigo = (await service.given.medic({ email: 'Íñigo.Case@Example.org' })).id;
  });

  refusesBadKeys(service, 'GET', async () => {
    const actor = await service.given.medic();
    return { actor, path: `/search/medics/?query=${actor.email}` };
  });

  test.each(['admin', 'member', 'outsider', 'stranger'] as const)(
    'any medic can find any other: the %s',
    async (who) => {
      const scene = await service.given.hospital();
      const { id, email } = await service.given.medic();
      expect((await scene[who].get(`/search/medics/?query=${email}`)).isOk().json).toEqual({
        ...EMPTY,
        count: 1,
        results: [{ id, email }],
      });
    },
  );

  test.each(['Íñigo.Case@Example.ORG', 'íñigo.case@example.org', 'ÍÑIGO.CASE@EXAMPLE.ORG'])(
    '%s finds the medic in any letter case, and returns the email as stored',
    async (query) => {
      const medic = await service.given.medic();
      const { json } = (await medic.get(`/search/medics/?query=${encodeURIComponent(query)}`)).isOk();
      expect(json).toEqual({ ...EMPTY, count: 1, results: [{ id: inigo, email: 'Íñigo.Case@Example.org' }] });
    },
  );

  test('a deactivated medic can be found', async () => {
    const medic = await service.given.medic();
    const { id, email } = await service.given.medic({ isActive: false });
    (await medic.get(`/search/medics?query=${email}`)).isOk({ count: 1, results: [{ id, email }] });
  });

  test.each(['case@example.org', 'Íñigo.Case', '%', '_ñigo.case@example.org', 'inigo.case@example.org', ' '])(
    '%s, which is not the whole email, finds nobody',
    async (query) => {
      const medic = await service.given.medic();
      expect((await medic.get(`/search/medics/?query=${encodeURIComponent(query)}`)).isOk().json).toEqual(EMPTY);
    },
  );

  test.each(['', '?query=', '?email=íñigo.case@example.org'])(
    'without a query the page is empty: "%s"',
    async (query) => {
      const medic = await service.given.medic();
      expect((await medic.get(`/search/medics/${encodeURI(query)}`)).isOk().json).toEqual(EMPTY);
    },
  );

  test('an email with a plus sign is found if the sign is encoded', async () => {
    const medic = await service.given.medic({ email: 'plus+tag@example.org' });
    (await medic.get('/search/medics/?query=plus%2Btag@example.org')).isOk({ count: 1, results: [{ id: medic.id }] });
  });

  test('the page can be sliced, and its links keep the query', async () => {
    const medic = await service.given.medic();
    const { id, email } = medic;
    (await medic.get(`/search/medics/?query=${email}&limit=1`)).isOk({ count: 1, next: null, results: [{ id }] });
    (await medic.get(`/search/medics/?query=${email}&limit=1&offset=1`)).isOk({
      count: 1,
      next: null,
      previous: `${service.client.url}/api/v2/search/medics/?query=${email}&limit=1&offset=0`,
      results: [],
    });
  });

  test.each(BAD_SLICES)('the query %s=%s is rejected', async (name, value) => {
    const medic = await service.given.medic();
    (await medic.get(`/search/medics/?query=${medic.email}&${name}=${value}`)).isInvalid(name);
  });

  test.each(['query=a&query=b', 'query=%00', 'query=%FF', `query=${'x'.repeat(255)}`])(
    'a query that cannot be an email address is rejected: %s',
    async (query) => {
      const medic = await service.given.medic();
      (await medic.get(`/search/medics/?${query}`)).isInvalid('query');
    },
  );
});
