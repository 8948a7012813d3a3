import { MembershipType } from '../../../src/memberships/membership.entity.js';
import type { Actor } from '../../support/actor.js';
import { ACTIVITY_LOCK, all, MEDIC_LOCK } from './guards.js';
import { atRow, interleavings } from './interleave.js';

const AT_ONCE = { concurrent: true };

/** A second ADMIN of a hospital, who is active at another one. */
interface Scene {
  readonly hospital: number;
  readonly admin: Actor;
  readonly second: Actor;
  readonly secondship: number;
  readonly elsewhere: number;
}

interleavings('A concurrent write does not undo a change of type', (interleave, service) => {
  async function given(): Promise<Scene> {
    const { hospital, admin } = await service.given.hospital();
    const second = await service.given.medic();
    const type = MembershipType.ADMIN;
    const secondship = await service.given.membership(second, hospital, { type, isActive: false });
    const elsewhere = await service.given.membership(second, await service.given.emptyHospital(), { isActive: true });
    return { hospital, admin, second, secondship, elsewhere };
  }

  interleave('a change of type is kept if the medic chooses the hospital at the same time', {
    given,
    // The choice stops while clearing the previous active membership.
    stopped: ({ elsewhere }) => [atRow('membership', elsewhere)],
    requests: ({ hospital, admin, second, secondship }) => [
      () => second.patch('/locations/update/', { hospital_id: hospital }, AT_ONCE),
      () => admin.changeMembership(secondship, { type_membership: 'MEMBER' }, AT_ONCE),
    ],
    outcome: async ({ secondship }, answers) => {
      const query = 'SELECT type, is_active FROM membership WHERE id = $1';
      return {
        statuses: answers.map(({ status }) => status),
        rows: await service.dataSource.query(query, [secondship]),
      };
    },
    guarded: { statuses: [200, 201], rows: [{ type: 'MEMBER', is_active: true }] },
    // The choice also shares a lock on the hospital's row, which a change of type locks.
    withoutGuard: {
      guard: all(ACTIVITY_LOCK, MEDIC_LOCK),
      breaks: { statuses: [200, 201], rows: [{ type: 'ADMIN', is_active: true }] },
    },
    spare: [ACTIVITY_LOCK, MEDIC_LOCK],
  });
});
