import { MembershipType } from '../../src/memberships/membership.entity.js';
import type { HospitalScene } from '../support/given.js';
import { useService } from '../support/service.js';
import { givenService, type ServiceActor } from '../support/services.js';
import { resourcesOf, searchesBy, subjectsAt } from './search.js';

const service = useService();
let searcher: ServiceActor;
let scene: HospitalScene;
beforeAll(async () => {
  searcher = await givenService(service, 'decision:search');
  scene = await service.given.hospital();
});

const { ADMIN } = MembershipType;
const { send, search, all } = searchesBy(() => searcher);

describe('pages', () => {
  test('pages of a crowd contain everybody once, by id, whatever the limit', async () => {
    const hospital = await service.given.emptyHospital();
    await service.given.crowd(hospital, 1100);
    const ids = await service.dataSource.query<{ id: string }[]>(
      'SELECT medic_id::text AS id FROM membership WHERE hospital_id = $1 ORDER BY medic_id',
      [hospital],
    );
    const expected = ids.map(({ id }) => id);
    for (const limit of [undefined, 1000, 5000, 400]) {
      if (limit === 400) {
        const { as_of } = { as_of: (await search('subject', subjectsAt(hospital))).context.evaluated_at };
        expect(await all('subject', subjectsAt(hospital, 'prescribe', { context: { as_of } }), limit)).toEqual(
          expected,
        );
      }
      const { page } = await search('subject', { ...subjectsAt(hospital), page: limit === undefined ? {} : { limit } });
      expect(page.count).toBe(Math.min(limit ?? 1000, 1000));
      expect(await all('subject', subjectsAt(hospital), Math.min(limit ?? 1000, 1000))).toEqual(expected);
    }
  });

  test('pages of a past search that examines many in vain continue until the end', async () => {
    const hospital = await service.given.emptyHospital();
    await service.given.crowd(hospital, 1100);
    const admin = await service.given.medic();
    await service.given.membership(admin, hospital, { type: ADMIN });
    const { context } = await search('subject', subjectsAt(hospital));
    const body = subjectsAt(hospital, 'administer', { context: { as_of: context.evaluated_at } });
    const first = await search('subject', body);
    expect(first).toMatchObject({ page: { next_token: expect.stringMatching(/./) as string }, results: [] });
    expect(await all('subject', body)).toEqual([String(admin.id)]);
  });

  test('pages of actions have the limit too', async () => {
    const pair = {
      subject: { type: 'medic', id: String(scene.admin.id) },
      resource: { type: 'hospital', id: String(scene.hospital) },
    };
    expect(await all('action', pair, 1)).toEqual(['administer', 'prescribe']);
  });

  test('a page with a limit of 0 is empty, and whoever follows its token gets the results', async () => {
    const { admin, hospital } = scene;
    const pair = {
      subject: { type: 'medic', id: String(admin.id) },
      resource: { type: 'hospital', id: String(hospital) },
    };
    const { context } = await search('subject', subjectsAt(hospital));
    for (const [kind, body] of [
      ['subject', subjectsAt(hospital)],
      ['subject', subjectsAt(hospital, 'prescribe', { context: { as_of: context.evaluated_at } })],
      ['action', pair],
    ] as const) {
      const { page, results } = await search(kind, { ...body, page: { limit: 0 } });
      expect([page, results]).toEqual([{ next_token: expect.stringMatching(/./) as string, count: 0 }, []]);
      const again = await search(kind, { ...body, page: { limit: 0, token: page.next_token } });
      expect([again.page, again.results]).toEqual([page, []]);
      const [whole, next] = [
        await search(kind, body),
        await search(kind, { ...body, page: { token: page.next_token } }),
      ];
      expect(whole.results).not.toEqual([]);
      expect([next.page, next.results]).toEqual([whole.page, whole.results]);
      const one = await search(kind, { ...body, page: { limit: 1, token: page.next_token } });
      expect(one.results).toEqual(whole.results.slice(0, 1));
    }
    const nobody = await search('subject', { ...subjectsAt(2_000_000_000), page: { limit: 0 } });
    expect([nobody.page, nobody.results]).toEqual([{ next_token: '', count: 0 }, []]);
  });

  test('a token is bound to the search, its entities and its context', async () => {
    const { admin, hospital } = scene;
    const body = subjectsAt(hospital, 'prescribe', { context: { time: 'x', ip: 'y' } });
    const { page } = await search('subject', { ...body, page: { limit: 1 } });
    const token = page.next_token;
    await search('subject', { ...body, context: { ip: 'y', time: 'x' }, page: { token } });
    await search('subject', { ...body, page: { token, limit: 1 } });
    for (const [kind, other] of [
      ['subject', { ...body, action: { name: 'administer' } }],
      ['subject', { ...body, resource: { type: 'hospital', id: '1000000' } }],
      ['subject', { ...body, subject: { type: 'user' } }],
      ['subject', { ...body, context: { time: 'z', ip: 'y' } }],
      ['subject', { ...body, context: undefined }],
      ['resource', resourcesOf(admin.id)],
      ['action', { ...body, subject: { type: 'medic', id: '1' } }],
    ] as const) {
      const { errors } = (await send(kind, { ...other, page: { token } })).is(400).body<{ errors: object }>();
      expect(Object.keys(errors)).toEqual(['page.token']);
    }
    const changed = (await send('subject', { ...body, page: { token, limit: 2 } })).is(400);
    expect(changed.json).toMatchObject({ errors: { 'page.limit': [expect.any(String)] } });
  });

  test.each(['', 'x', 'AAAA', 'A'.repeat(30), `${'A'.repeat(29)}!`, 'A'.repeat(31), 7, null, {}])(
    'a value that is not a token, %j, is a 400',
    async (token) => {
      const { errors } = (await send('subject', { ...subjectsAt(scene.hospital), page: { token } }))
        .is(400)
        .body<{ errors: object }>();
      expect(Object.keys(errors)).toEqual(['page.token']);
    },
  );

  test('a token that was tampered with gives nothing but another page of the same search', async () => {
    const { page } = await search('subject', { ...subjectsAt(scene.hospital), page: { limit: 1 } });
    const bytes = Buffer.from(page.next_token, 'base64url');
    bytes.writeUInt32BE(0, 16);
    const again = await search('subject', {
      ...subjectsAt(scene.hospital),
      page: { token: bytes.toString('base64url') },
    });
    expect(again.results).toEqual([{ type: 'medic', id: String(scene.admin.id) }]);
    bytes.writeUInt32BE(2 ** 32 - 1, 16);
    (await send('subject', { ...subjectsAt(scene.hospital), page: { token: bytes.toString('base64url') } })).is(400);
  });
});
