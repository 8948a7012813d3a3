import type { CheckedResponse } from '../support/checked-response.js';
import { MembershipType } from '../../src/memberships/membership.entity.js';
import { isServer } from '../support/server.js';
import { useService } from '../support/service.js';

const service = useService();
const ROUNDS = 50;
const AT_ONCE = { concurrent: true };

const statusesOf = (answers: CheckedResponse[]) => answers.map(({ status }) => status).sort((a, b) => a - b);

/** @returns a hospital with two ADMINs and their memberships */
async function twoAdmins() {
  const { given } = service;
  const scene = await given.hospital();
  const second = await given.medic();
  const type = MembershipType.ADMIN;
  const secondship = await given.membership(second, scene.hospital, { type, isActive: true });
  return { ...scene, second, secondship };
}

async function countOfLive(condition: string, id: number): Promise<number> {
  const query = `SELECT count(*)::integer AS count FROM membership WHERE NOT is_deleted AND ${condition}`;
  const [row] = await service.dataSource.query<{ count: number }[]>(query, [id]);
  return row?.count ?? 0;
}

const adminsOf = (hospital: number) => countOfLive(`type = 'ADMIN' AND hospital_id = $1`, hospital);
const activeOf = (medic: number) => countOfLive('is_active AND medic_id = $1', medic);

(isServer ? describe : describe.skip)('Concurrent changes of memberships', () => {
  test('24 identical concurrent creations: one succeeds, and the others return its id', async () => {
    const { hospital, admin, outsider } = await service.given.hospital();
    const creations = Array.from({ length: 24 }, () => admin.addMember(hospital, outsider, {}, AT_ONCE));
    const answers = await Promise.all(creations);
    const created = answers.filter(({ status }) => status === 201);
    expect(created).toHaveLength(1);
    const membership = created[0]?.body()['id'];
    for (const answer of answers)
      if (answer !== created[0]) answer.isConflict(/already exists/).is(409, { membership });
    expect(await countOfLive('medic_id = $1', outsider.id)).toBe(1);
  });

  test('uploads that name the same medics in opposite orders neither fail nor create a membership twice', async () => {
    const { hospital, admin, second } = await twoAdmins();
    const medics = await Promise.all(Array.from({ length: 40 }, () => service.given.medic()));
    const rows = medics.map(({ id }) => ({ medic: id }));
    const upload = (by: typeof admin, memberships: object[]) =>
      by.post('/management/memberships/bulk/', { hospital, memberships }, AT_ONCE);
    const uploads = Array.from({ length: 12 }, (_, place) =>
      place % 2 === 0 ? upload(admin, rows) : upload(second, rows.toReversed()),
    );
    const bodies = (await Promise.all(uploads)).map((answer) =>
      answer.isOk().body<{ created: number; failed: number }>(),
    );
    expect(bodies.map(({ failed }) => failed)).toEqual(bodies.map(() => 0));
    expect(bodies.map(({ created }) => created).sort((a, b) => a - b)).toEqual([...Array<number>(11).fill(0), 40]);
    // With both ADMINs and the member of the scene.
    expect(await countOfLive('hospital_id = $1', hospital)).toBe(43);
  });

  test('if two ADMINs demote each other at once, one fails and one ADMIN is left', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { hospital, admin, adminship, second, secondship } = await twoAdmins();
      const demoted = { type_membership: 'MEMBER' };
      const answers = await Promise.all([
        admin.changeMembership(secondship, demoted, AT_ONCE),
        second.changeMembership(adminship, demoted, AT_ONCE),
      ]);
      expect([
        [201, 401],
        [201, 409],
      ]).toContainEqual(statusesOf(answers));
      expect(await adminsOf(hospital)).toBe(1);
    }
  });

  test('if two ADMINs remove each other at once, one fails and one ADMIN is left', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { hospital, admin, adminship, second, secondship } = await twoAdmins();
      const answers = await Promise.all([
        admin.removeMembership(secondship, AT_ONCE),
        second.removeMembership(adminship, AT_ONCE),
      ]);
      expect([
        [201, 401],
        [201, 409],
      ]).toContainEqual(statusesOf(answers));
      expect(await adminsOf(hospital)).toBe(1);
    }
  });

  test('if one of two ADMINs leaves while the other steps down, one fails with a conflict and stays the ADMIN', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { hospital, admin, adminship, second, secondship } = await twoAdmins();
      const answers = await Promise.all([
        admin.removeMembership(adminship, AT_ONCE),
        second.changeMembership(secondship, { type_membership: 'MEMBER' }, AT_ONCE),
      ]);
      expect(statusesOf(answers)).toEqual([201, 409]);
      expect(await adminsOf(hospital)).toBe(1);
    }
  });

  test('two concurrent choices of the active hospital both succeed, and one is active', async () => {
    const { given } = service;
    const medic = await given.medic();
    const hospitals = [await given.emptyHospital(), await given.emptyHospital(), await given.emptyHospital()];
    for (const [index, hospital] of hospitals.entries())
      await given.membership(medic, hospital, { isActive: index === 0 });
    for (let round = 0; round < ROUNDS; round += 1) {
      const switches = hospitals
        .slice(1)
        .map((hospital_id) => medic.patch('/locations/update/', { hospital_id }, AT_ONCE));
      expect(statusesOf(await Promise.all(switches))).toEqual([200, 200]);
      expect(await activeOf(medic.id)).toBe(1);
    }
  });

  test('two concurrent first memberships of a medic are both created, and one is active', async () => {
    const { given } = service;
    const { hospital, admin, stranger } = await given.hospital();
    const [row] = (await stranger.get('/management/memberships/')).body<{ results: { hospital: number }[] }>().results;
    for (let round = 0; round < ROUNDS; round += 1) {
      const medic = await given.medic();
      const answers = await Promise.all([
        admin.addMember(hospital, medic, {}, AT_ONCE),
        stranger.addMember(row?.hospital ?? 0, medic, {}, AT_ONCE),
      ]);
      expect(statusesOf(answers)).toEqual([201, 201]);
      expect(await activeOf(medic.id)).toBe(1);
    }
  });

  test('a restoration and a concurrent first membership elsewhere leave one active', async () => {
    const { given } = service;
    const { hospital, admin, stranger } = await given.hospital();
    const [row] = (await stranger.get('/management/memberships/')).body<{ results: { hospital: number }[] }>().results;
    for (let round = 0; round < ROUNDS; round += 1) {
      const medic = await given.medic();
      const removed = await given.membership(medic, hospital, { isActive: true, isDeleted: true });
      const answers = await Promise.all([
        admin.changeMembership(removed, { is_deleted: false }, AT_ONCE),
        stranger.addMember(row?.hospital ?? 0, medic, {}, AT_ONCE),
      ]);
      expect(statusesOf(answers)).toEqual([201, 201]);
      expect(await activeOf(medic.id)).toBe(1);
    }
  });
});
