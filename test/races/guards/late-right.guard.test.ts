import { MembershipType } from '../../../src/memberships/membership.entity.js';
import { ACCOUNT_LOCK, all, LEFT_ALONE } from './guards.js';
import { atRow, atWrite, interleavings } from './interleave.js';

const AT_ONCE = { concurrent: true };

interleavings(
  'A right that is gained while it is checked stores nothing after it is lost again',
  (interleave, service) => {
    async function given() {
      const { hospital, admin, member: creator, membership: creatorship } = await service.given.hospital();
      const created = await service.given.medic({ createdById: creator.id });
      return { hospital, admin, creator, creatorship, created };
    }
    type Scene = Awaited<ReturnType<typeof given>>;

    const assign = ({ hospital, creator, created }: Scene) =>
      creator.patch(`/medics/${String(created.id)}`, { hospital }, AT_ONCE);
    const setType = ({ admin, creatorship }: Scene, type: MembershipType) =>
      admin.changeMembership(creatorship, { type_membership: type }, AT_ONCE);

    interleave('PATCH medics stores nothing by a right that was gained during the check and lost again', {
      given,
      stopped: () => [atWrite('INSERT', 'membership')],
      // Without any guard, the creator is not an ADMIN when the hospital is read, is one when the right is read, and is
      // not when the membership is stored. The lock of the creator's account lets the gain wait for the assignment.
      atFirst: { stopped: ({ created }) => [atRow('medic', created.id)], requests: 2 },
      requests: (scene) => [
        async () => ({ status: (await assign(scene)).status, rows: '' }),
        async () => ({ status: (await setType(scene, MembershipType.ADMIN)).status, rows: '' }),
        async () => {
          const { status } = await setType(scene, MembershipType.MEMBER);
          return { status, rows: await service.client.rows() };
        },
      ],
      outcome: async (_, answers) => ({
        statuses: answers.map(({ status }) => status),
        storedAfterwards: answers[2]?.rows !== (await service.client.rows()),
      }),
      guarded: { statuses: [400, 201, 201], storedAfterwards: false },
      spare: [LEFT_ALONE],
      withoutGuard: [
        {
          guard: all(LEFT_ALONE, ACCOUNT_LOCK),
          breaks: { statuses: [202, 201, 201], storedAfterwards: true },
        },
        // The assignment starts again, with the lock of the hospital, and nothing is stored after the loss.
        { guard: ACCOUNT_LOCK, breaks: { statuses: [202, 201, 201], storedAfterwards: false } },
      ],
    });
  },
);
