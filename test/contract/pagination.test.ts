import type { Actor } from '../support/actor.js';
import { rawRequest, sendRaw } from '../support/raw.js';
import { useService, type Service } from '../support/service.js';

interface Page {
  count: number;
  next: string | null;
  previous: string | null;
  results: { id: number }[];
}

const LIST = '/management/memberships/';

/** @returns a medic with memberships in this many hospitals */
async function medicOf(service: Service, hospitals: number): Promise<Actor> {
  const medic = await service.given.medic();
  await service.dataSource.query(
    `WITH h AS (INSERT INTO hospital (name, patron, location, contact)
       SELECT 'Hospital', 'HOSPITAL', 'Monterrey', '81' FROM generate_series(1, $2::int) RETURNING id)
     INSERT INTO membership (medic_id, hospital_id, type, is_active) SELECT $1, id, 'MEMBER', false FROM h`,
    [medic.id, hospitals],
  );
  return medic;
}

async function pageAt(medic: Actor, path: string): Promise<Page> {
  return (await medic.get(path)).isOk().body<Page>();
}

/** @returns the path and query of a link relative to the API, as the test client expects them */
function pathOf(link: string | null): string {
  return (link ?? '').replace(/^.*\/api\/v2/, '');
}

describe('a paged list', () => {
  const service = useService();

  test('a page has 15 rows by default, and its count covers all pages', async () => {
    const medic = await medicOf(service, 16);
    const page = await pageAt(medic, LIST);
    expect([page.count, page.results.length, page.previous]).toEqual([16, 15, null]);
    expect(page.next).toBe(`${service.client.url}/api/v2${LIST}?limit=15&offset=15`);
    expect((await pageAt(medic, `${LIST}?limit=&offset=`)).results).toEqual(page.results);
  });

  test('an empty list has no next and no previous page', async () => {
    const medic = await service.given.medic();
    expect(await pageAt(medic, LIST)).toEqual({ count: 0, next: null, previous: null, results: [] });
  });

  test('following the links returns every row once, forwards and backwards', async () => {
    const medic = await medicOf(service, 10);
    const forth: number[] = [];
    let page = await pageAt(medic, `${LIST}?limit=3`);
    for (; page.next !== null; page = await pageAt(medic, pathOf(page.next)))
      forth.push(...page.results.map((r) => r.id));
    forth.push(...page.results.map(({ id }) => id));
    expect(forth).toHaveLength(10);
    expect(forth).toEqual([...new Set(forth)].sort((a, b) => a - b));
    for (let left = 9; left > 0; left -= 3) {
      page = await pageAt(medic, pathOf(page.previous));
      expect(page.results.map(({ id }) => id)).toEqual(forth.slice(left - 3, left));
    }
    expect(page.previous).toBeNull();
  });

  test('the link to the previous page starts at the first row if it would start earlier', async () => {
    const medic = await medicOf(service, 5);
    const { previous, results } = await pageAt(medic, `${LIST}?limit=3&offset=2`);
    expect(results).toHaveLength(3);
    expect(previous).toMatch(/[?&]limit=3&offset=0$/);
  });

  test('a page beyond the end is empty and still links back', async () => {
    const medic = await medicOf(service, 2);
    for (const offset of ['2', '1000', '99999999999999999999']) {
      const page = await pageAt(medic, `${LIST}?offset=${offset}`);
      expect({ ...page, previous: typeof page.previous }).toEqual({
        count: 2,
        next: null,
        previous: 'string',
        results: [],
      });
    }
  });

  test('a page has at most 1000 rows, and a larger limit is lowered to that', async () => {
    const medic = await medicOf(service, 1001);
    for (const limit of ['1000', '1001', '99999999999999999999']) {
      const page = await pageAt(medic, `${LIST}?limit=${limit}`);
      expect([page.count, page.results.length]).toEqual([1001, 1000]);
      expect(page.next).toMatch(/[?&]limit=1000&offset=1000$/);
    }
  });

  test.each(['0', '-1', '1.5', 'x', '1e2', '%20', '+5', '5%20', '0x5', '٥', '%00', 'null', '1&limit=2'])(
    'the limit %s is a 400',
    async (limit) => {
      const medic = await service.given.medic();
      for (const path of [LIST, '/hospital/', '/medics/', '/search/medics/']) {
        (await medic.get(`${path}?limit=${limit}`)).isInvalid('limit');
      }
    },
  );

  test.each(['-1', '-0', '1.5', 'x', '1e2', '%20', '%FF', '1&offset=1'])('the offset %s is a 400', async (offset) => {
    const { hospital, admin } = await service.given.hospital();
    for (const path of [LIST, '/hospital/', '/medics/', '/search/medics/', `/memberships/${String(hospital)}`]) {
      (await admin.get(`${path}?offset=${offset}`)).isInvalid('offset');
    }
  });

  test('links keep every other parameter as it was sent, unknown and repeated ones too', async () => {
    const medic = await medicOf(service, 3);
    const kept = 'x=1&type_membership=Member&x=%C3%A9+%26&%ff&empty=&x=1';
    for (const query of [`limit=1&${kept}&offset=1`, `${kept}&offset=1&%6Cimit=1`]) {
      const { next, previous } = await pageAt(medic, `${LIST}?${query}`);
      expect(next).toBe(`${service.client.url}/api/v2${LIST}?${kept}&limit=1&offset=2`);
      expect(previous).toBe(`${service.client.url}/api/v2${LIST}?${kept}&limit=1&offset=0`);
    }
  });

  test('a bare array has its links in the Link header, and 15 rows if only an offset is sent', async () => {
    const { hospital, admin } = await service.given.hospital();
    const path = `/memberships/${String(hospital)}`;
    const response = (await admin.get(`${path}?limit=1&x=1`)).isOk();
    expect(response.headers.get('link')).toBe(`<${service.client.url}/api/v2${path}?x=1&limit=1&offset=1>; rel="next"`);
    const last = (await admin.get(`${path}?offset=1`)).isOk();
    expect(last.headers.get('link')).toBe(`<${service.client.url}/api/v2${path}?limit=15&offset=0>; rel="prev"`);
    expect((await admin.get(path)).headers.get('link')).toBeNull();
  });

  test('links name the host of the request', async () => {
    const medic = await medicOf(service, 2);
    const headers = { Authorization: `Token ${medic.token}`, Host: 'api.example.org:8080' };
    const response = await sendRaw(service.client.url, rawRequest(`GET /api/v2${LIST}?limit=1`, headers));
    response.isOk({ next: `http://api.example.org:8080/api/v2${LIST}?limit=1&offset=1` });
  });
});

const FORWARDED = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'api.example.org' };

describe.each([
  ['unset', {}, false],
  ['naming another proxy', { TRUST_PROXY: '10.0.0.0/8, 192.0.2.1' }, false],
  ['set to true', { TRUST_PROXY: 'true' }, true],
  ['naming this proxy', { TRUST_PROXY: '10.0.0.1, 127.0.0.0/8' }, true],
])('with TRUST_PROXY %s', (_, variables, isTrusted) => {
  const service = useService(variables);

  test(`links ${isTrusted ? 'use' : 'ignore'} the host and protocol of the proxy`, async () => {
    const medic = await medicOf(service, 2);
    const { next } = (await medic.get(`${LIST}?limit=1`, { headers: FORWARDED })).isOk().body<Page>();
    const origin = isTrusted ? 'https://api.example.org' : service.client.url;
    expect(next).toBe(`${origin}/api/v2${LIST}?limit=1&offset=1`);
    const plain = await pageAt(medic, `${LIST}?limit=1`);
    expect(plain.next).toBe(`${service.client.url}/api/v2${LIST}?limit=1&offset=1`);
  });

  test('an invalid host or protocol from a proxy never reaches a link', async () => {
    const medic = await medicOf(service, 2);
    const send = (headers: Record<string, string>) => {
      const fields = { Authorization: `Token ${medic.token}`, ...headers };
      return sendRaw(service.client.url, rawRequest(`GET /api/v2${LIST}?limit=1`, fields));
    };
    const next = `http://localhost/api/v2${LIST}?limit=1&offset=1`;
    (await send({ 'X-Forwarded-Proto': 'a b' })).isOk({ next });
    const response = await send({ 'X-Forwarded-Host': 'a b' });
    if (isTrusted) response.isError(400, /Host/);
    else response.isOk({ next });
  });
});

describe.each(['https://api.example.org', 'https://example.org:8443/hospitals/api/'])('with PUBLIC_URL=%s', (url) => {
  const service = useService({ PUBLIC_URL: url, TRUST_PROXY: 'true' });

  test('links start with PUBLIC_URL, whatever the host of the request', async () => {
    const medic = await medicOf(service, 2);
    const { next } = (await medic.get(`${LIST}?limit=1`, { headers: FORWARDED })).isOk().body<Page>();
    expect(next).toBe(`${url.replace(/\/$/, '')}/api/v2${LIST}?limit=1&offset=1`);
  });
});
