import { MembershipType } from '../../../src/memberships/membership.entity.js';
import type { Actor } from '../../support/actor.js';
import type { CheckedResponse } from '../../support/checked-response.js';
import { ACCOUNT_ACTIVE, ACTING_CALLER, ACTING_LOCK, all, OTHERS_CAN_ACT } from './guards.js';
import { atRow, interleavings } from './interleave.js';

const AT_ONCE = { concurrent: true };

/** A hospital with two ADMINs, and the account that created both. */
interface Scene {
  readonly hospital: number;
  readonly creator: Actor;
  readonly first: Actor;
  readonly firstship: number;
  readonly second: Actor;
  readonly secondship: number;
}

interleavings('A hospital keeps an ADMIN with an active account', (interleave, service) => {
  async function given(): Promise<Scene> {
    const creator = await service.given.medic();
    const [first, second] = [
      await service.given.medic({ createdById: creator.id }),
      await service.given.medic({ createdById: creator.id }),
    ];
    const hospital = await service.given.emptyHospital();
    const ADMIN = { type: MembershipType.ADMIN, isActive: true };
    const [firstship, secondship] = [
      await service.given.membership(first, hospital, ADMIN),
      await service.given.membership(second, hospital, ADMIN),
    ];
    return { hospital, creator, first, firstship, second, secondship };
  }

  async function outcome({ hospital }: Scene, answers: CheckedResponse[]) {
    const acting = await service.dataSource.query<unknown[]>(
      `SELECT FROM membership s JOIN medic m ON m.id = s.medic_id
       WHERE s.hospital_id = $1 AND s.type = 'ADMIN' AND NOT s.is_deleted AND m.is_active`,
      [hospital],
    );
    return { statuses: answers.map(({ status }) => status), acting: acting.length };
  }

  const deactivate = ({ creator }: Scene, { id }: Actor) =>
    creator.patch(`/medics/${String(id)}`, { is_active: false }, AT_ONCE);

  const common = {
    given,
    outcome,
    // Changes of the hospital's memberships stop at this row; a deactivation does not.
    stopped: ({ hospital }: Scene) => [atRow('hospital', hospital)],
    guarded: { statuses: [409, 202], acting: 1 },
  };
  const breaks = { statuses: [201, 202], acting: 0 };

  interleave('a hospital keeps an active ADMIN if one is deactivated while demoting the other', {
    ...common,
    // The caller is the one who cannot act anymore.
    guarded: { statuses: [401, 202], acting: 1 },
    requests: (scene) => [
      () => scene.first.changeMembership(scene.secondship, { type_membership: 'MEMBER' }, AT_ONCE),
      () => deactivate(scene, scene.first),
    ],
    withoutGuard: [
      { guard: ACTING_CALLER, breaks },
      { guard: ACTING_LOCK, breaks },
    ],
    withoutFastStore: {
      withoutGuard: { guard: all(ACTING_CALLER, ACCOUNT_ACTIVE), breaks: { statuses: [409, 202], acting: 1 } },
      spare: [ACTING_CALLER, ACCOUNT_ACTIVE, OTHERS_CAN_ACT],
    },
  });

  interleave('a hospital keeps an active ADMIN if one is deactivated while the other steps down', {
    ...common,
    requests: (scene) => [
      () => scene.first.changeMembership(scene.firstship, { type_membership: 'MEMBER' }, AT_ONCE),
      () => deactivate(scene, scene.second),
    ],
    withoutGuard: { guard: OTHERS_CAN_ACT, breaks },
  });

  const created = {
    given: async () => ({ ...(await given()), newcomer: await service.given.medic() }),
    stopped: ({ newcomer }: { newcomer: Actor }) => [atRow('medic', newcomer.id)],
    outcome: async ({ hospital }: Scene, answers: CheckedResponse[]) => {
      const [row] = await service.dataSource.query<{ count: number }[]>(
        'SELECT count(*)::integer AS count FROM membership WHERE hospital_id = $1',
        [hospital],
      );
      return { statuses: answers.map(({ status }) => status), memberships: row?.count };
    },
  };
  const stored = { statuses: [201, 202], memberships: 3 };

  interleave('POST management/memberships stores nothing if the caller is deactivated after the key was checked', {
    ...created,
    requests: (scene) => [
      () => scene.first.addMember(scene.hospital, scene.newcomer, {}, AT_ONCE),
      () => deactivate(scene, scene.first),
    ],
    guarded: { statuses: [401, 202], memberships: 2 },
    withoutGuard: [
      { guard: ACTING_CALLER, breaks: stored },
      { guard: ACTING_LOCK, breaks: stored },
    ],
    // The right is read by a statement that is sent after the lock.
    withoutFastStore: { withoutGuard: { guard: ACTING_CALLER, breaks: stored }, spare: [ACTING_LOCK] },
  });

  interleave('PATCH hospital stores nothing if the caller is deactivated after the key was checked', {
    ...common,
    requests: (scene) => [
      () => scene.first.patch(`/hospital/${String(scene.hospital)}`, { name: 'Mine' }, AT_ONCE),
      () => deactivate(scene, scene.first),
    ],
    outcome: async ({ hospital }: Scene, answers: CheckedResponse[]) => {
      const sql = `SELECT name = 'Mine' AS "isStored" FROM hospital WHERE id = $1`;
      const [row] = await service.dataSource.query<{ isStored: boolean }[]>(sql, [hospital]);
      return { statuses: answers.map(({ status }) => status), ...row };
    },
    guarded: { statuses: [401, 202], isStored: false },
    withoutGuard: { guard: ACTING_CALLER, breaks: { statuses: [201, 202], isStored: true } },
    spare: [ACTING_LOCK],
  });

  interleave('a hospital keeps an active ADMIN if one is deactivated while the other leaves', {
    ...common,
    requests: (scene) => [
      () => scene.first.removeMembership(scene.firstship, AT_ONCE),
      () => deactivate(scene, scene.second),
    ],
    withoutGuard: { guard: OTHERS_CAN_ACT, breaks },
  });
});
