import type { Actor } from '../../support/actor.js';
import type { Answer } from '../../support/answer.js';
import type { HospitalScene } from '../../support/given.js';
import { ACTIVITY_LOCK } from './guards.js';
import { afterUpdate, atRow, interleavings } from './interleave.js';

const AT_ONCE = { concurrent: true };

/** A hospital that its MEMBER has not chosen. */
interface Scene extends HospitalScene {
  readonly medic: Actor;
  readonly elsewhere: number;
}

interleavings('An inactive hospital is not chosen by a MEMBER', (interleave, service) => {
  async function given(): Promise<Scene> {
    const scene = await service.given.hospital();
    const medic = await service.given.medic();
    await service.given.membership(medic, scene.hospital);
    const elsewhere = await service.given.membership(medic, await service.given.emptyHospital(), { isActive: true });
    return { ...scene, medic, elsewhere };
  }

  /** An answer, and every row as it was then. */
  const withRows = async (answer: Promise<Answer>) => ({
    status: (await answer).status,
    rows: await service.client.rows(),
  });

  const choose = ({ hospital, medic }: Scene) => medic.patch('/locations/update/', { hospital_id: hospital }, AT_ONCE);
  const hide = ({ hospital, admin }: Scene) =>
    admin.patch(`/hospital/${String(hospital)}`, { is_active: false }, AT_ONCE);

  interleave('after the answer that hides it, even if it was being chosen before', {
    given,
    // The choice is stopped where it clears the one before.
    stopped: ({ elsewhere }) => [atRow('membership', elsewhere)],
    requests: (scene) => [() => withRows(choose(scene)), () => withRows(hide(scene))],
    outcome: async (_, [chosen, hidden]) => ({
      statuses: [chosen?.status, hidden?.status],
      storedAfterwards: hidden?.rows !== (await service.client.rows()),
    }),
    guarded: { statuses: [200, 201], storedAfterwards: false },
    withoutGuard: { guard: ACTIVITY_LOCK, breaks: { statuses: [200, 201], storedAfterwards: true } },
  });

  interleave('while it is being hidden', {
    given,
    stopped: () => [afterUpdate('hospital')],
    requests: (scene) => [() => hide(scene), () => choose(scene)],
    outcome: async ({ elsewhere }, answers) => ({
      statuses: answers.map(({ status }) => status),
      isChosen: !(await service.given.rowOf(elsewhere)).isActive,
    }),
    guarded: { statuses: [201, 404], isChosen: false },
    withoutGuard: { guard: ACTIVITY_LOCK, breaks: { statuses: [201, 200], isChosen: true } },
  });
});
