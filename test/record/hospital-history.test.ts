import { castOf, NOT_ADMINS } from '../support/actors.js';
import type { Actor } from '../support/actor.js';
import { byHand } from '../support/hand.js';
import { BAD_SLICES, NO_IDS, refusesBadKeys } from '../support/refusals.js';
import { useService } from '../support/service.js';
import type { Change, Page } from './history.js';

const service = useService();

const pathOf = (hospital: number) => `/memberships/${String(hospital)}/history/`;

async function pageOf(by: Actor, hospital: number, filters: Record<string, string | number> = {}): Promise<Page> {
  const query = new URLSearchParams(
    Object.entries(filters).map(([name, value]): [string, string] => [name, String(value)]),
  );
  return (await by.get(`${pathOf(hospital)}?${query.toString()}`)).isOk().body<Page>();
}

const typesOf = (changes: readonly Change[]) => changes.map(({ type }) => type);

/** @returns a hospital with one change of each type that its ADMIN can see */
async function eventful() {
  const scene = await service.given.hospital();
  const { admin, hospital, membership, outsider } = scene;
  const { id } = (await admin.addMember(hospital, outsider)).isCreated().body<{ id: number }>();
  (await admin.changeMembership(membership, { type_membership: 'ADMIN' })).isCreated();
  await byHand(service.dataSource, 'UPDATE hospital SET is_active = false WHERE id = $1', [hospital]);
  (await admin.removeMembership(id)).isCreated();
  (await admin.patch(`/hospital/${String(hospital)}`, { is_active: true })).isCreated();
  (await admin.changeMembership(id, { is_deleted: false })).isCreated();
  await byHand(service.dataSource, 'DELETE FROM membership WHERE id = $1', [id]);
  return { ...scene, added: id };
}

/** The types of {@link eventful}'s changes, newest first. */
const TYPES = [
  'membership.deleted',
  'membership.restored',
  'hospital.activated',
  'membership.removed',
  'hospital.deactivated',
  'membership.changed',
  'membership.created',
  'membership.created',
  'membership.created',
  'hospital.created',
];

describe('GET /memberships/{hospital}/history/', () => {
  refusesBadKeys(service, 'GET', async () => {
    const { admin, hospital } = await service.given.hospital();
    return { actor: admin, path: pathOf(hospital) };
  });

  test.each(NOT_ADMINS)('%s cannot read the history of the hospital', async (_, who) => {
    const cast = await castOf(service);
    for (const query of ['', '?type=x', `?medic=${String(cast[who].id)}`])
      (await cast[who].get(pathOf(cast.hospital) + query)).isRefused('Unauthorized Medic');
  });

  test('an unknown hospital is refused like one that the caller does not administer, and an invalid id is a 404', async () => {
    const { admin } = await service.given.hospital();
    for (const id of NO_IDS) {
      const answer = await admin.get(`/memberships/${id}/history/`);
      if (id === '2147483647') answer.isRefused('Unauthorized Medic');
      else answer.isNotFound();
    }
  });

  test('an ADMIN reads every change of the hospital and its memberships, newest first', async () => {
    const { admin, hospital, added, outsider } = await eventful();
    const { count, results } = await pageOf(admin, hospital);
    expect(typesOf(results)).toEqual(TYPES);
    expect(count).toBe(TYPES.length);
    expect(new Set(results.map((change) => change.hospital))).toEqual(new Set([hospital]));
    const times = results.map(({ at }) => at);
    expect(times).toEqual(times.toSorted().reverse());
    const live = { type_membership: 'MEMBER', is_active: true, is_deleted: false };
    expect(results[0]).toMatchObject({ membership: added, medic: outsider.id, before: live, after: null });
    expect(results[4]).toMatchObject({
      membership: null,
      medic: null,
      before: { is_active: true },
      after: { is_active: false },
      actor: { type: 'database' },
    });
  });

  test('changes of other hospitals, of medics and of keys are not in the history', async () => {
    const { admin, hospital, stranger, member } = await service.given.hospital();
    await service.given.token(member.id);
    (await member.patch(`/medics/${String(member.id)}`, { is_active: false })).is(202);
    (await stranger.post('/hospital/', { name: 'A', patron: 'A', location: 'A', contact: 'A' })).isCreated();
    const { results } = await pageOf(admin, hospital);
    expect(typesOf(results)).toEqual(['membership.created', 'membership.created', 'hospital.created']);
  });

  test('what existed when the record began is in the history of the membership only', async () => {
    const { admin, hospital, member, membership } = await service.given.hospital();
    await service.dataSource.query(
      `INSERT INTO record_inbox (id, at, subject, type, membership, medic, hospital, after, actor)
       VALUES (gen_random_uuid(), clock_timestamp(), 'membership', 'record.began', $1, $2, $3,
         '{"type_membership":"MEMBER","is_active":true,"is_deleted":false}', '{"type":"operator"}')`,
      [membership, member.id, hospital],
    );
    expect(await pageOf(admin, hospital)).toMatchObject({ count: 3 });
    expect(await pageOf(admin, hospital, { medic: member.id })).toMatchObject({ count: 1 });
  });

  test('neither the key, nor the request, nor the role of SQL by hand is shown', async () => {
    const { admin, hospital, membership } = await service.given.hospital();
    const actor = { type: 'medic', id: admin.id, token: 4_711_087, request: 'request-4711' } as const;
    const sql = `UPDATE membership SET type = 'ADMIN' WHERE id = $1`;
    await byHand(service.dataSource, sql, [membership], actor);
    const answer = (await admin.get(pathOf(hospital))).isOk();
    expect(answer.body<Page>().results[0]?.actor).toEqual({ type: 'medic', id: admin.id });
    expect(answer.text).not.toMatch(/"(request|token|role)"|4711087|request-/);
  });

  test('medic selects the changes of one medic, also of one who left and of one whose row was deleted', async () => {
    const { admin, hospital, member, outsider, stranger } = await eventful();
    const read = async (medic: number) => typesOf((await pageOf(admin, hospital, { medic })).results);
    expect(await read(member.id)).toEqual(['membership.changed', 'membership.created']);
    expect(await read(outsider.id)).toEqual([
      'membership.deleted',
      'membership.restored',
      'membership.removed',
      'membership.created',
    ]);
    expect(await read(stranger.id)).toEqual([]);
    expect(await read(2_147_483_647)).toEqual([]);
    (await admin.addMember(hospital, outsider)).isCreated();
    expect(await read(outsider.id)).toHaveLength(5);
  });

  test('type selects the changes of one type', async () => {
    const { admin, hospital, outsider } = await eventful();
    for (const type of new Set(TYPES)) {
      const { count, results } = await pageOf(admin, hospital, { type });
      expect(typesOf(results)).toEqual(TYPES.filter((other) => other === type));
      expect(count).toBe(results.length);
    }
    const never = ['membership.started', 'membership.ended', 'hospital.deleted'];
    for (const type of never) expect(await pageOf(admin, hospital, { type })).toMatchObject({ count: 0, results: [] });
    const both = await pageOf(admin, hospital, { type: 'membership.removed', medic: outsider.id });
    expect(typesOf(both.results)).toEqual(['membership.removed']);
    expect(await pageOf(admin, hospital, { type: 'hospital.created', medic: outsider.id })).toMatchObject({ count: 0 });
  });

  test('from is inclusive and to is exclusive', async () => {
    const { admin, hospital } = await eventful();
    const { results: all } = await pageOf(admin, hospital);
    for (const { at } of all) {
      const since = await pageOf(admin, hospital, { from: at });
      expect(since.results).toEqual(all.filter((change) => change.at >= at));
      expect(since.count).toBe(since.results.length);
      const until = await pageOf(admin, hospital, { to: at });
      expect(until.results).toEqual(all.filter((change) => change.at < at));
      expect(await pageOf(admin, hospital, { from: at, to: at })).toMatchObject({ count: 0, results: [] });
    }
    const [oldest, newest] = [all.at(-1)?.at ?? '', all[0]?.at ?? ''];
    const shifted = (at: string) =>
      `${new Date(Date.parse(at) - 3_600_000).toISOString().slice(0, 19)}.${at.slice(20, 26)}-01:00`;
    expect(await pageOf(admin, hospital, { from: shifted(oldest), to: shifted(newest) })).toMatchObject({
      count: all.filter(({ at }) => at >= oldest && at < newest).length,
    });
    expect(
      (await pageOf(admin, hospital, { from: '0001-01-01T00:00:00Z', to: '9999-12-31T23:59:59Z' })).results,
    ).toEqual(all);
  });

  test('pages keep the filters in their links', async () => {
    const { admin, hospital } = await eventful();
    const { results: all } = await pageOf(admin, hospital, { type: 'membership.created' });
    const page = await pageOf(admin, hospital, { type: 'membership.created', limit: 1, offset: 1 });
    const base = `${service.client.url}/api/v2${pathOf(hospital)}?type=membership.created&limit=1`;
    expect(page).toEqual({ count: 3, next: `${base}&offset=2`, previous: `${base}&offset=0`, results: [all[1]] });
    expect(await pageOf(admin, hospital, { offset: 4 })).toMatchObject({ count: TYPES.length, next: null });
  });

  test('of changes at one instant the later one comes first', async () => {
    const { admin, hospital } = await eventful();
    await pageOf(admin, hospital);
    await service.dataSource.query(`UPDATE record_entry SET at = '2020-01-01T00:00:00Z' WHERE hospital = $1`, [
      hospital,
    ]);
    const { results } = await pageOf(admin, hospital);
    expect(typesOf(results)).toEqual(TYPES);
    const pages = [];
    for (let offset = 0; offset < TYPES.length; offset += 3)
      pages.push(...(await pageOf(admin, hospital, { limit: 3, offset })).results);
    expect(pages).toEqual(results);
  });

  test.each<[string, string]>([
    ...BAD_SLICES,
    ['medic', '0'],
    ['medic', 'x'],
    ['type', 'membership'],
    ['type', 'membership.created,membership.changed'],
    ['type', 'token.issued'],
    ['type', 'record.began'],
    ['type', 'toString'],
    ['from', 'yesterday'],
    ['to', '2026-11-28'],
    ['from', '2026-11-28T01:12:12'],
    ['to', '2026-11-28T01:12:12.1234567Z'],
    ['from', '2026-11-28T01:12:12+01:00'],
  ])('the query %s=%s is rejected', async (name, value) => {
    const { admin, hospital } = await service.given.hospital();
    (await admin.get(`${pathOf(hospital)}?${name}=${value}`)).isInvalid(name);
  });

  test('empty filters are ignored', async () => {
    const { admin, hospital } = await service.given.hospital();
    (await admin.get(`${pathOf(hospital)}?medic=&from=&to=&type=&limit=&offset=&colour=blue`)).isOk({ count: 3 });
  });
});
