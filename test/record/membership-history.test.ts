import { CLOCK, OPERATOR } from '../../src/database/actor.js';
import { castOf, NOT_ADMINS } from '../support/actors.js';
import type { Actor } from '../support/actor.js';
import { byHand, valueOf } from '../support/hand.js';
import { instant } from '../support/instant.js';
import { BAD_SLICES, NO_IDS, refusesBadKeys } from '../support/refusals.js';
import { useService } from '../support/service.js';
import type { Change, Page } from './history.js';

const service = useService();

const pathOf = (membership: number) => `/management/memberships/${String(membership)}/history/`;

async function historyOf(by: Actor, membership: number): Promise<Change[]> {
  return (await by.get(pathOf(membership))).isOk().body<Page>().results;
}

const state = (type_membership: string, is_active: boolean, is_deleted: boolean) => ({
  type_membership,
  is_active,
  is_deleted,
});

describe('GET /management/memberships/{id}/history/', () => {
  refusesBadKeys(service, 'GET', async () => {
    const { admin, membership } = await service.given.hospital();
    return { actor: admin, path: pathOf(membership) };
  });

  test('lists every change of a membership with the states before and after it, newest first', async () => {
    const { admin, hospital, outsider } = await service.given.hospital();
    const { id } = (await admin.addMember(hospital, outsider)).isCreated().body<{ id: number }>();
    (await admin.changeMembership(id, { type_membership: 'ADMIN' })).isCreated();
    (await outsider.removeMembership(id)).isCreated();
    (await admin.changeMembership(id, { is_deleted: false, type_membership: 'MEMBER' })).isCreated();
    const [member, adminship, removed] = [
      state('MEMBER', true, false),
      state('ADMIN', true, false),
      state('ADMIN', true, true),
    ];
    const changes = await historyOf(admin, id);
    expect(changes.map(({ type, before, after }) => [type, before, after])).toEqual([
      ['membership.restored', removed, member],
      ['membership.removed', adminship, removed],
      ['membership.changed', member, adminship],
      ['membership.created', null, member],
    ]);
    for (const change of changes) {
      expect(change).toEqual({
        ...change,
        id: expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/) as string,
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/) as string,
        membership: id,
        medic: outsider.id,
        hospital,
      });
    }
    const positions = changes.map(({ position }) => position);
    expect(positions).toEqual(positions.toSorted((a, b) => b - a));
    const times = changes.map(({ at }) => at);
    expect(times).toEqual(times.toSorted().reverse());
  });

  test('a change that was acknowledged is in the history at once', async () => {
    const { admin, membership } = await service.given.hospital();
    for (const type_membership of ['ADMIN', 'MEMBER', 'ADMIN', 'MEMBER']) {
      (await admin.changeMembership(membership, { type_membership })).isCreated();
      const [newest] = await historyOf(admin, membership);
      expect(newest).toMatchObject({ type: 'membership.changed', after: { type_membership } });
    }
  });

  test('a refused change, and one that changes nothing, are not in the history', async () => {
    const { admin, adminship, membership } = await service.given.hospital();
    const before = await historyOf(admin, adminship);
    (await admin.removeMembership(adminship)).isConflict(/last ADMIN/);
    (await admin.changeMembership(adminship, { type_membership: 'ADMIN' })).isCreated();
    (await admin.changeMembership(adminship)).isCreated();
    expect(await historyOf(admin, adminship)).toEqual(before);
    expect(await historyOf(admin, membership)).toHaveLength(1);
  });

  test('shows who made a change, but neither the key, nor the request, nor the role of SQL by hand', async () => {
    const { admin, member, membership } = await service.given.hospital();
    const change = (type: string, actor?: Parameters<typeof byHand>[3]) =>
      byHand(service.dataSource, 'UPDATE membership SET type = $2 WHERE id = $1', [membership, type], actor);
    await change('ADMIN', { type: 'medic', id: admin.id, token: 4_711_087, request: 'request-4711' });
    await change('MEMBER', { type: 'medic', id: admin.id, token: null, request: 'request-4712' });
    await change('ADMIN', OPERATOR);
    await change('MEMBER', CLOCK);
    await change('ADMIN');
    const role = await valueOf<string>(service.dataSource, 'SELECT session_user::text AS value');
    for (const actor of [admin, member]) {
      const answer = (await actor.get(pathOf(membership))).isOk();
      expect(answer.body<Page>().results.map(({ actor }) => actor)).toEqual([
        { type: 'database' },
        { type: 'clock' },
        { type: 'operator' },
        { type: 'medic', id: admin.id },
        { type: 'medic', id: admin.id },
        { type: 'database' },
      ]);
      expect(answer.text).not.toMatch(/"(request|token|role)"|4711087|request-/);
      expect(answer.text).not.toContain(`"${role}"`);
      expect(Object.keys(answer.body<Page>().results[0] ?? {})).toEqual(
        'position id at type membership medic hospital before after actor'.split(' '),
      );
    }
  });

  test.each(['membership.started', 'membership.ended', 'membership.deleted', 'record.began'])(
    'a change of the type %s is in the history',
    async (type) => {
      const { admin, hospital, member, membership } = await service.given.hospital();
      await service.dataSource.query(
        `INSERT INTO record_inbox (id, at, subject, type, membership, medic, hospital, after, actor)
         VALUES (gen_random_uuid(), clock_timestamp(), 'membership', $1, $2, $3, $4, $5, '{"type":"clock"}')`,
        [type, membership, member.id, hospital, JSON.stringify(state('MEMBER', true, false))],
      );
      const [newest] = await historyOf(admin, membership);
      expect(newest).toMatchObject({
        type,
        before: null,
        after: state('MEMBER', true, false),
        actor: { type: 'clock' },
      });
    },
  );

  test("the hospital's ADMINs always see the history, and its medic sees it while the membership is live", async () => {
    const { admin, member, membership } = await service.given.hospital();
    expect(await historyOf(member, membership)).toEqual(await historyOf(admin, membership));
    (await member.removeMembership(membership)).isCreated();
    (await member.get(pathOf(membership))).isNotFound();
    expect(await historyOf(admin, membership)).toHaveLength(2);
    (await admin.changeMembership(membership, { is_deleted: false })).isCreated();
    expect(await historyOf(member, membership)).toHaveLength(3);
  });

  test.each(NOT_ADMINS)("%s does not see the history of others' memberships", async (_, who) => {
    const cast = await castOf(service);
    (await cast[who].get(pathOf(cast.adminship))).isNotFound();
    (await cast[who].get(`${pathOf(cast.adminship)}?limit=x`)).isNotFound();
  });

  test.each(NO_IDS)('the id %s is a 404', async (id) => {
    const { admin } = await service.given.hospital();
    (await admin.get(`/management/memberships/${id}/history/`)).isNotFound();
  });

  test('a membership whose id belonged to a deleted row of another hospital does not show its changes', async () => {
    const { admin, membership, outsider } = await service.given.hospital();
    const other = await service.given.hospital();
    await service.dataSource.query('DELETE FROM membership WHERE id = $1', [membership]);
    (await admin.get(pathOf(membership))).isNotFound();
    await service.given.membership(outsider, other.hospital, { id: membership });
    expect((await historyOf(other.admin, membership)).map(({ type }) => type)).toEqual(['membership.created']);
    (await admin.get(pathOf(membership))).isNotFound();
  });

  test('is paged like the other lists', async () => {
    const { admin, membership } = await service.given.hospital();
    for (let turn = 0; turn < 17; turn += 1) {
      const type_membership = turn % 2 === 0 ? 'ADMIN' : 'MEMBER';
      (await admin.changeMembership(membership, { type_membership })).isCreated();
    }
    const url = `${service.client.url}/api/v2${pathOf(membership)}`;
    const read = async (query: string) => (await admin.get(`${pathOf(membership)}?${query}`)).isOk().body<Page>();
    const whole = await read('limit=1000');
    expect(whole).toMatchObject({ count: 18, next: null, previous: null });
    expect(whole.results).toHaveLength(18);
    expect(await read('colour=blue')).toEqual({
      count: 18,
      next: `${url}?colour=blue&limit=15&offset=15`,
      previous: null,
      results: whole.results.slice(0, 15),
    });
    expect(await read('limit=4&offset=5')).toEqual({
      count: 18,
      next: `${url}?limit=4&offset=9`,
      previous: `${url}?limit=4&offset=1`,
      results: whole.results.slice(5, 9),
    });
    expect(await read('offset=18')).toMatchObject({ count: 18, next: null, results: [] });
    for (const path of [pathOf(membership), pathOf(membership).slice(0, -1)])
      expect((await admin.get(path)).isOk().body<Page>().results).toEqual(whole.results.slice(0, 15));
    const head = (await admin.send('HEAD', pathOf(membership))).isOk();
    expect(head.text).toBe('');
  });

  test.each(BAD_SLICES)('the query %s=%s is rejected', async (name, value) => {
    const { admin, membership } = await service.given.hospital();
    (await admin.get(`${pathOf(membership)}?${name}=${value}`)).isInvalid(name);
  });

  test('the times are those at which the database made the changes', async () => {
    const { admin, membership } = await service.given.hospital();
    (await admin.changeMembership(membership, { type_membership: 'ADMIN' })).isCreated();
    const [newest] = await historyOf(admin, membership);
    const stored = `SELECT ${instant('entry_at')} AS value FROM membership WHERE id = $1`;
    expect(newest?.at).toBe(await valueOf(service.dataSource, stored, [membership]));
  });
});
