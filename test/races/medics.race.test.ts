import { MembershipType } from '../../src/memberships/membership.entity.js';
import type { Actor } from '../support/actor.js';
import type { CheckedResponse } from '../support/checked-response.js';
import { HOSPITAL, medicBody } from '../support/bodies.js';
import { isServer } from '../support/server.js';
import { useService } from '../support/service.js';

const ROUNDS = Array.from({ length: 10 }, (_, index) => index + 1);
const concurrent = { concurrent: true };
const pathOf = ({ id }: { id: number }) => `/medics/${String(id)}`;

const statuses = (answers: CheckedResponse[]) => answers.map(({ status }) => status).sort();

// The embedded database has a single connection, so nothing is concurrent there.
(isServer ? describe : describe.skip)('Concurrent changes of medics', () => {
  const service = useService();

  /** @returns two ADMINs of a hospital, active there, and their creator, who is its third ADMIN */
  async function givenAdmins() {
    const { hospital, admin: creator } = await service.given.hospital();
    const admins: [Actor, Actor] = [
      await service.given.medic({ createdById: creator.id }),
      await service.given.medic({ createdById: creator.id }),
    ];
    for (const admin of admins)
      await service.given.membership(admin, hospital, { type: MembershipType.ADMIN, isActive: true });
    return { hospital, creator, admins };
  }

  /** @returns the number of a hospital's live ADMINs */
  async function adminsOf(hospital: number): Promise<number> {
    const [{ count }] = await service.dataSource.query<[{ count: number }]>(
      `SELECT count(*)::integer AS count FROM membership
       WHERE hospital_id = $1 AND type = 'ADMIN' AND NOT is_deleted`,
      [hospital],
    );
    return count;
  }

  test.each(ROUNDS)('of 24 concurrent changes to the same email one succeeds (%d)', async (round) => {
    const email = `Wanted.${String(round)}@example.org`;
    const medics = await Promise.all(Array.from({ length: 24 }, () => service.given.medic()));
    const answers = await Promise.all(
      medics.map((medic, index) =>
        medic.patch(pathOf(medic), { email: index % 2 === 0 ? email : email.toUpperCase() }, concurrent),
      ),
    );
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    answers.filter(({ status }) => status !== 202).forEach((answer) => answer.isInvalid('email'));
  });

  test.each(ROUNDS)('of a concurrent creation and change with the same email, one succeeds (%d)', async () => {
    const medic = await service.given.medic();
    const body = medicBody();
    const [created, changed] = await Promise.all([
      medic.post('/medics/', body, concurrent),
      medic.patch(pathOf(medic), { email: body.email }, concurrent),
    ]);
    expect([201, 400]).toContain(created.status);
    expect(changed.status).toBe(created.status === 201 ? 400 : 202);
  });

  test.each(ROUNDS)('many concurrent choices leave exactly one active hospital (%d)', async () => {
    const creator = await service.given.medic();
    const medic = await service.given.medic({ createdById: creator.id });
    const hospitals: number[] = [];
    for (let index = 0; index < 4; index += 1) {
      const { id } = (await creator.post('/hospital/', HOSPITAL)).isCreated().body<{ id: number }>();
      if (index > 0) await service.given.membership(medic, id, { isActive: index === 1 });
      hospitals.push(id);
    }
    const answers = await Promise.all(
      [...hospitals, ...hospitals].map((hospital, index) =>
        (index % 4 === 0 || index < 4 ? creator : medic).patch(pathOf(medic), { hospital }, concurrent),
      ),
    );
    answers.forEach((answer) => answer.is(202));
    const active = await service.dataSource.query<unknown[]>(
      'SELECT FROM membership WHERE medic_id = $1 AND is_active AND NOT is_deleted',
      [medic.id],
    );
    expect(active).toHaveLength(1);
    expect(hospitals).toContain((await medic.get(pathOf(medic))).isOk().body()['hospital']);
  });

  test.each(ROUNDS)('a change of right and a concurrent change of hospital both succeed (%d)', async () => {
    const creator = await service.given.medic();
    const medic = await service.given.medic({ createdById: creator.id });
    const hospitals: number[] = [];
    for (const isActive of [true, false]) {
      const { id } = (await creator.post('/hospital/', HOSPITAL)).isCreated().body<{ id: number }>();
      await service.given.membership(medic, id, { isActive });
      hospitals.push(id);
    }
    const answers = await Promise.all(
      [0, 1, 2, 3, 4].flatMap((index) => [
        creator.patch(pathOf(medic), { is_admin_membership: index % 2 === 0 }, concurrent),
        medic.patch(pathOf(medic), { hospital: hospitals[(index + 1) % 2] }, concurrent),
      ]),
    );
    answers.forEach((answer) => answer.is(202));
  });

  test.each(ROUNDS)('if all ADMINs step down at once, one stays (%d)', async () => {
    const { hospital, creator, admins } = await givenAdmins();
    const change = { is_admin_membership: false };
    const answers = await Promise.all(
      [creator, ...admins].map((admin) => admin.patch(pathOf(admin), change, concurrent)),
    );
    expect(statuses(answers)).toEqual([202, 202, 409]);
    expect(await adminsOf(hospital)).toBe(1);
  });

  test.each(ROUNDS)('if ADMINs and their creator demote each other, an ADMIN is left (%d)', async () => {
    const { hospital, creator, admins } = await givenAdmins();
    const [{ id: adminship }] = await service.dataSource.query<[{ id: number }]>(
      'SELECT id FROM membership WHERE medic_id = $1',
      [creator.id],
    );
    const answers = await Promise.all([
      ...admins.map((admin) => creator.patch(pathOf(admin), { is_admin_membership: false }, concurrent)),
      ...admins.map((admin) =>
        admin.patch(`/management/memberships/${String(adminship)}`, { type_membership: 'MEMBER' }, concurrent),
      ),
      creator.patch(pathOf(creator), { is_admin_membership: false }, concurrent),
    ]);
    for (const { status } of answers) expect([201, 202, 400, 401, 409]).toContain(status);
    expect(await adminsOf(hospital)).toBeGreaterThanOrEqual(1);
  });

  test.each(ROUNDS)(
    'an assignment and the concurrent loss of the right take effect one after the other (%d)',
    async () => {
      const { hospital, admin, adminship, member, membership } = await service.given.hospital();
      (await admin.changeMembership(membership, { type_membership: 'ADMIN' })).isCreated();
      const medic = await service.given.medic({ createdById: admin.id });
      const [removed, assigned, created] = await Promise.all([
        member.delete(`/management/memberships/${String(adminship)}`, concurrent),
        admin.patch(pathOf(medic), { hospital, is_admin_membership: true }, concurrent),
        admin.post('/medics/', medicBody({ hospital }), concurrent),
      ]);
      removed.isCreated({ is_deleted: true });
      expect([202, 400]).toContain(assigned.status);
      expect([201, 400]).toContain(created.status);
      (await admin.patch(pathOf(medic), { hospital: null })).is(202);
      (await admin.post('/medics/', medicBody({ hospital }))).is(400);
    },
  );
});
