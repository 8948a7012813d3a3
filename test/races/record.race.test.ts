import { MembershipType } from '../../src/memberships/membership.entity.js';
import { allEntries, expectSound } from '../record/entries.js';
import type { Actor } from '../support/actor.js';
import type { CheckedResponse } from '../support/checked-response.js';
import { isServer } from '../support/server.js';
import { Service } from '../support/service.js';

const service = new Service({});
const AT_ONCE = { concurrent: true };
const WRITERS = 24;
const STEPS = 14;
/** Medics whose memberships all writers change. */
const TARGETS = 8;
const ADMIN = { type: MembershipType.ADMIN, isActive: false };

/** One write of an ADMIN at a hospital. */
type Write = (admin: Actor, hospital: number, turn: number) => Promise<CheckedResponse>;

let targets: Actor[];
beforeEach(async () => {
  await service.start();
  targets = [];
  for (let target = 0; target < TARGETS; target += 1) targets.push(await service.given.medic());
});
afterEach(async () => {
  await service.app.close();
  await service.database.drop();
});

const targetOf = (turn: number) => targets[turn % TARGETS] as Actor;

/** The first half of the targets joins by uploads, the second half by single requests. */
const UPLOADED = TARGETS / 2;

/** @returns the target's membership at the hospital, or an id that nobody has */
async function membershipOf(hospital: number, turn: number): Promise<number> {
  const sql = 'SELECT id FROM membership WHERE hospital_id = $1 AND medic_id = $2';
  const [row] = await service.dataSource.query<{ id: number }[]>(sql, [hospital, targetOf(turn).id]);
  return row?.id ?? 2_147_483_647;
}

/** The writes that leave entries about memberships and hospitals; which of them wins is left to chance. */
const WRITES: Record<string, Write> = {
  add: (admin, hospital, turn) => admin.addMember(hospital, targetOf(UPLOADED + (turn % UPLOADED)), {}, AT_ONCE),
  bulk: (admin, hospital, turn) => {
    const rows = targets.slice(0, UPLOADED).map(({ id }) => ({ medic: id, restore: true }));
    const memberships = turn % 2 === 0 ? rows : rows.toReversed();
    return admin.post('/management/memberships/bulk/', { hospital, memberships }, AT_ONCE);
  },
  promote: async (admin, hospital, turn) =>
    admin.changeMembership(await membershipOf(hospital, turn), { type_membership: 'ADMIN' }, AT_ONCE),
  remove: async (admin, hospital, turn) => admin.removeMembership(await membershipOf(hospital, turn), AT_ONCE),
  restore: async (admin, hospital, turn) =>
    admin.changeMembership(await membershipOf(hospital, turn), { is_deleted: false }, AT_ONCE),
  switch: (admin, hospital, turn) =>
    admin.patch(`/hospital/${String(hospital)}`, { is_active: turn % 2 === 0 }, AT_ONCE),
  choose: (admin, hospital) => admin.patch('/locations/update/', { hospital_id: hospital }, AT_ONCE),
};

/** Sends the writes of all writers at once, each writer's one after another. @returns the number of entries */
async function writeAt(admins: Actor[], hospitalOf: (writer: number, step: number) => number): Promise<number> {
  const before = (await allEntries(service.dataSource)).length;
  const writes = Object.entries(WRITES);
  const succeeded = new Set<string>();
  await Promise.all(
    admins.map(async (admin, writer) => {
      for (let step = 0; step < STEPS; step += 1) {
        const turn = writer * 5 + step;
        const [name, write] = writes[turn % writes.length] as [string, Write];
        const { status } = await write(admin, hospitalOf(writer, step), turn + Math.floor(turn / writes.length));
        expect([200, 201, 404, 409]).toContain(status);
        if (status < 300) succeeded.add(name);
      }
    }),
  );
  expect([...succeeded].sort()).toEqual(Object.keys(WRITES).sort());
  return (await allEntries(service.dataSource)).length - before;
}

/** @returns how many transactions PostgreSQL ended because of a deadlock; the service must have been closed */
async function deadlocks(): Promise<number> {
  const client = await service.database.connect();
  const sql = 'SELECT deadlocks::integer AS count FROM pg_stat_database WHERE datname = current_database()';
  const { rows } = await client.query<{ count: number }>(sql).finally(() => client.end());
  return rows[0]?.count ?? 0;
}

(isServer ? describe : describe.skip)('The record of concurrent writers', () => {
  test.each([
    ['24 ADMINs of one hospital', 1],
    ['24 ADMINs of twelve hospitals', 12],
  ])(
    '%s change memberships of the same medics without a deadlock, and their record has no gap and replays',
    async (_, count) => {
      const { given } = service;
      const hospitals: number[] = [];
      for (let hospital = 0; hospital < count; hospital += 1) hospitals.push(await given.emptyHospital());
      const admins: Actor[] = [];
      for (let writer = 0; writer < WRITERS; writer += 1) {
        const admin = await given.medic();
        for (const hospital of hospitals) await given.membership(admin, hospital, ADMIN);
        admins.push(admin);
      }
      const written = await writeAt(admins, (writer, step) => hospitals[(writer + step) % count] as number);
      expect(written).toBeGreaterThan(WRITERS);
      await expectSound(service.dataSource);
      await service.app.close();
      // Sessions report their deadlocks when they end.
      expect(await deadlocks()).toBe(0);
    },
  );

  test('two ADMINs who demote each other at two hospitals both succeed, whatever deadlocks, and their record replays', async () => {
    const { given } = service;
    const hospitals = [await given.emptyHospital(), await given.emptyHospital()];
    for (let pair = 0; pair < WRITERS / 2; pair += 1) {
      const [first, second, third] = [await given.medic(), await given.medic(), await given.medic()];
      const ids: number[] = [];
      for (const [index, hospital] of hospitals.entries()) {
        await given.membership(third, hospital, ADMIN);
        await given.membership(index === 0 ? first : second, hospital, ADMIN);
        ids.push(await given.membership(index === 0 ? second : first, hospital, ADMIN));
      }
      const demoted = { type_membership: 'MEMBER' };
      const answers = await Promise.all([
        first.changeMembership(ids[0] ?? 0, demoted, AT_ONCE),
        second.changeMembership(ids[1] ?? 0, demoted, AT_ONCE),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    }
    await expectSound(service.dataSource);
  });
});
