import { MembershipType } from '../../src/memberships/membership.entity.js';
import { castOf, NOT_ADMINS } from '../support/actors.js';
import type { Actor } from '../support/actor.js';
import type { CheckedResponse } from '../support/checked-response.js';
import { byHand, valueOf } from '../support/hand.js';
import { instant } from '../support/instant.js';
import { hospitalPath as pathOf, idsOf, pastOf, type Row } from '../support/past.js';
import { refusesBadKeys } from '../support/refusals.js';
import { useService } from '../support/service.js';

const service = useService();
const { lastChange, list, now } = pastOf(service);

/** Every filter of the list. */
const FILTERS = [
  {},
  { is_deleted: true },
  { type_membership: 'ADMIN' },
  { type_membership: 'member' },
  { is_deleted: true, type_membership: 'MEMBER' },
  { limit: 2 },
  { limit: 1, offset: 1 },
  { offset: 1, is_deleted: true },
];

/** @returns what every filter lists, at an instant or now */
async function everything(by: Actor, hospital: number, at?: string): Promise<Row[][]> {
  const lists: Row[][] = [];
  for (const filters of FILTERS)
    lists.push(await list(by, hospital, { ...filters, ...(at === undefined ? {} : { at }) }));
  return lists;
}

describe('GET /memberships/{hospital}?at=', () => {
  refusesBadKeys(service, 'GET', async () => {
    const { admin, hospital } = await service.given.hospital();
    return { actor: admin, path: `${pathOf(hospital)}?at=${await now()}` };
  });

  test.each(NOT_ADMINS)('%s cannot list the past memberships of the hospital', async (_, who) => {
    const before = await now();
    const cast = await castOf(service);
    for (const at of [await now(), before, '2000-01-01T00:00:00Z', 'x'])
      (await cast[who].get(`${pathOf(cast.hospital)}?at=${at}`)).isRefused('Unauthorized Medic');
  });

  test('the list at the instant of each change is the list that followed that change', async () => {
    const { admin, hospital, adminship, member, membership, outsider } = await service.given.hospital();
    const created = (
      await admin.post('/medics/', {
        name: 'Created',
        email: `c${String(hospital)}@example.org`,
        password: 'correct horse',
      })
    )
      .isCreated()
      .body<{ id: number }>();
    const other = await service.given.emptyHospital();
    await service.given.membership(member, other);
    const observer = await service.given.medic();
    await service.given.membership(observer, hospital, { type: MembershipType.ADMIN });
    const changes: (() => Promise<unknown>)[] = [
      () => admin.addMember(hospital, outsider),
      () => admin.patch(`/medics/${String(created.id)}`, { hospital, is_admin_membership: true }),
      () => admin.changeMembership(membership, { type_membership: 'ADMIN' }),
      () => admin.changeMembership(adminship, { type_membership: 'MEMBER' }),
      () => member.changeMembership(adminship, { type_membership: 'ADMIN' }),
      () => admin.removeMembership(membership),
      () => admin.changeMembership(membership, { is_deleted: false, type_membership: 'MEMBER' }),
      () => member.patch('/locations/update/', { hospital_id: other }),
      () => admin.changeMembership(membership, { type_membership: 'ADMIN' }),
      () => admin.patch(`/medics/${String(created.id)}`, { is_admin_membership: false }),
      () =>
        byHand(service.dataSource, 'UPDATE membership SET is_deleted = true WHERE hospital_id = $1 AND medic_id = $2', [
          hospital,
          outsider.id,
        ]),
      () => admin.addMember(other, outsider),
      () => member.removeMembership(membership),
    ];
    // Changes may have the same instant, because the clock of the embedded database is coarse: the last one counts.
    const then = new Map<string, Row[][]>();
    for (const change of changes) {
      await change();
      then.set(await lastChange(observer, hospital), await everything(observer, hospital));
    }
    expect(then.size).toBeGreaterThan(5);
    for (const [at, lists] of then) {
      expect(await everything(observer, hospital, at)).toEqual(lists);
      expect(await everything(observer, hospital, at)).toEqual(lists);
    }
    expect(await everything(observer, hospital, await now())).toEqual(await everything(observer, hospital));
  });

  test('before its first change a membership is not in the list', async () => {
    const before = await now();
    const { admin, hospital, outsider } = await service.given.hospital();
    const between = await now();
    await valueOf(service.dataSource, 'SELECT pg_sleep(0.005)::text AS value');
    (await admin.addMember(hospital, outsider)).isCreated();
    expect(await list(admin, hospital, { at: before })).toEqual([]);
    expect(await list(admin, hospital, { at: before, is_deleted: true })).toEqual([]);
    expect(await list(admin, hospital, { at: between })).toHaveLength(2);
    expect(await list(admin, hospital, { at: await now() })).toHaveLength(3);
  });

  test('names and emails are the present ones, also of people who left', async () => {
    const { admin, hospital, member, membership } = await service.given.hospital();
    const at = await now();
    (await member.removeMembership(membership)).isCreated();
    const email = `renamed${String(member.id)}@example.org`;
    (await member.patch(`/medics/${String(member.id)}`, { name: 'Renamed', email })).is(202);
    const [found] = await list(admin, hospital, { at });
    expect(found).toMatchObject({
      id: membership,
      medic: { id: member.id, name: 'Renamed', email },
      is_deleted: false,
    });
  });

  test('a membership whose row was deleted is still in the lists of earlier instants', async () => {
    const { admin, hospital, member, membership, outsider } = await service.given.hospital();
    const before = await list(admin, hospital, {});
    const at = await now();
    await valueOf(service.dataSource, 'SELECT pg_sleep(0.005)::text AS value');
    await byHand(service.dataSource, 'DELETE FROM membership WHERE id = $1', [membership]);
    const after = await now();
    // The time of its row is gone with the row; the record knows when it was written.
    const sameButTime = before.map((row) => ({ ...row, date_joined: expect.any(String) as string }));
    const past = await list(admin, hospital, { at });
    expect(past.toSorted((a, b) => b.id - a.id)).toEqual(sameButTime.toSorted((a, b) => b.id - a.id));
    expect(idsOf(await list(admin, hospital, { at: after }))).not.toContain(membership);
    // A new membership of the same medic is another one.
    (await admin.addMember(hospital, member)).isCreated();
    expect(await list(admin, hospital, { at })).toEqual(past);
    (await admin.addMember(hospital, outsider)).isCreated();
    await byHand(service.dataSource, 'DELETE FROM membership WHERE medic_id = $1', [outsider.id]);
    await byHand(service.dataSource, 'DELETE FROM api_token WHERE medic_id = $1', [outsider.id]);
    const between = await valueOf<string>(
      service.dataSource,
      `SELECT ${instant('at')} AS value FROM record_inbox WHERE type = 'membership.created' AND medic = $1
       UNION ALL SELECT ${instant('at')} FROM record_entry WHERE type = 'membership.created' AND medic = $1`,
      [outsider.id],
    );
    await byHand(service.dataSource, 'DELETE FROM medic WHERE id = $1', [outsider.id]);
    expect((await list(admin, hospital, { at: between })).map(({ medic }) => medic)).toContainEqual({
      id: outsider.id,
      name: '',
      email: '',
    });
  });

  test('a change is in force from its own microsecond on', async () => {
    const { admin, hospital, membership } = await service.given.hospital();
    (await admin.removeMembership(membership)).isCreated();
    await lastChange(admin, hospital);
    const move = `UPDATE record_entry SET at = $2 WHERE membership = $1 AND type = `;
    await service.dataSource.query(`UPDATE record_head SET began = '2020-01-01T00:00:00Z'`);
    await service.dataSource.query(`${move}'membership.created'`, [membership, '2020-11-04T01:12:12.000001Z']);
    await service.dataSource.query(`${move}'membership.removed'`, [membership, '2020-11-04T01:12:12.000003Z']);
    const isLive = async (at: string) => idsOf(await list(admin, hospital, { at })).includes(membership);
    const isDeleted = async (at: string) =>
      idsOf(await list(admin, hospital, { at, is_deleted: true })).includes(membership);
    for (const [at, live, deleted] of [
      ['2020-11-04T01:12:12Z', false, false],
      ['2020-11-04T01:12:12.000001Z', true, false],
      ['2020-11-04T01:12:12.000002Z', true, false],
      ['2020-11-03T19:12:12.000002-06:00', true, false],
      ['2020-11-04T01:12:12.000003Z', false, true],
      ['2020-11-04T02:12:12.000003%2B01:00', false, true],
    ] as const) {
      expect([at, await isLive(decodeURIComponent(at)), await isDeleted(decodeURIComponent(at))]).toEqual([
        at,
        live,
        deleted,
      ]);
    }
  });

  test('of several changes at one instant the last one is in force', async () => {
    const { admin, hospital, membership } = await service.given.hospital();
    for (const type_membership of ['ADMIN', 'MEMBER', 'ADMIN'])
      (await admin.changeMembership(membership, { type_membership })).isCreated();
    const at = await lastChange(admin, hospital);
    await service.dataSource.query('UPDATE record_entry SET at = $2 WHERE hospital = $1', [hospital, at]);
    expect(await list(admin, hospital, { at })).toEqual(await list(admin, hospital, {}));
    expect(idsOf(await list(admin, hospital, { at, type_membership: 'ADMIN' }))).toContain(membership);
  });

  test('a change that was acknowledged before the request is in the list', async () => {
    const { admin, hospital, membership } = await service.given.hospital();
    for (let turn = 0; turn < 5; turn += 1) {
      const type_membership = turn % 2 === 0 ? 'ADMIN' : 'MEMBER';
      (await admin.changeMembership(membership, { type_membership })).isCreated();
      const at = await now();
      const found = await list(admin, hospital, { at });
      expect(found.find(({ id }) => id === membership)).toMatchObject({ type_membership });
    }
  });

  test('the links of slices visit every membership once, and keep the instant', async () => {
    const { admin, hospital } = await service.given.hospital();
    await service.given.crowd(hospital, 5);
    const whole = await list(admin, hospital, {});
    const at = await now();
    await service.dataSource.query(
      `UPDATE membership SET is_deleted = true WHERE hospital_id = $1 AND type = 'MEMBER'`,
      [hospital],
    );
    const found: Row[] = [];
    let next: string | undefined = `${pathOf(hospital)}?at=${at}&limit=3`;
    for (let slices = 0; next !== undefined; slices += 1) {
      expect(slices).toBeLessThan(3);
      const answer: CheckedResponse = (await admin.get(next)).isOk();
      found.push(...answer.body<Row[]>());
      const [, url]: (string | undefined)[] = /<([^>]*)>; rel="next"/.exec(answer.headers.get('link') ?? '') ?? [];
      next = url?.slice(`${service.client.url}/api/v2`.length);
      if (url !== undefined) expect(new URL(url).searchParams.get('at')).toBe(at);
    }
    expect(found).toEqual(whole);
  });

  test.each([498, 1203])(
    'a list of %d other memberships is complete, in order and without duplicates',
    async (others) => {
      const { admin, hospital } = await service.given.hospital();
      await service.given.crowd(hospital, others);
      const whole = await list(admin, hospital, {});
      const at = await now();
      const promoted = `UPDATE membership SET type = 'ADMIN', is_deleted = id % 3 = 0 WHERE hospital_id = $1 AND type = 'MEMBER'`;
      await service.dataSource.query(promoted, [hospital]);
      expect(await list(admin, hospital, { at })).toEqual(whole);
      expect(await list(admin, hospital, { at, is_deleted: true })).toEqual([]);
      expect(await list(admin, hospital, { at, type_membership: 'ADMIN' })).toHaveLength(1);
      expect(await list(admin, hospital, { at, limit: 1000, offset: 400 })).toEqual(whole.slice(400, 1400));
      const later = await now();
      for (const filters of [{}, { is_deleted: true }, { type_membership: 'MEMBER' }])
        expect(await list(admin, hospital, { ...filters, at: later })).toEqual(await list(admin, hospital, filters));
    },
  );

  test('an ADMIN of the past has no right by that, and one of the present reads all of the past', async () => {
    const { hospital, admin, formerAdmin } = await castOf(service);
    const at = await now();
    (await formerAdmin.get(`${pathOf(hospital)}?at=${at}`)).isRefused('Unauthorized Medic');
    const newcomer = await service.given.medic();
    await service.given.membership(newcomer, hospital, { type: MembershipType.ADMIN });
    expect(await list(newcomer, hospital, { at })).toEqual(await list(admin, hospital, { at }));
  });
});
