import type { Actor } from '../../support/actor.js';
import type { CheckedResponse } from '../../support/checked-response.js';
import type { HospitalScene } from '../../support/given.js';
import { ACTIVITY_LOCK } from './guards.js';
import { afterUpdate, atRow, interleavings } from './interleave.js';

const AT_ONCE = { concurrent: true };

/** A hospital that one of its MEMBERs has not chosen. */
interface Scene extends HospitalScene {
  readonly medic: Actor;
  readonly elsewhere: number;
}

interleavings('A MEMBER cannot choose an inactive hospital', (interleave, service) => {
  async function given(): Promise<Scene> {
    const scene = await service.given.hospital();
    const medic = await service.given.medic();
    await service.given.membership(medic, scene.hospital);
    const elsewhere = await service.given.membership(medic, await service.given.emptyHospital(), { isActive: true });
    return { ...scene, medic, elsewhere };
  }

  /** @returns the status, and every row at the time of the response */
  const withRows = async (answer: Promise<CheckedResponse>) => ({
    status: (await answer).status,
    rows: await service.client.rows(),
  });

  const choose = ({ hospital, medic }: Scene) => medic.patch('/locations/update/', { hospital_id: hospital }, AT_ONCE);
  const hide = ({ hospital, admin }: Scene) =>
    admin.patch(`/hospital/${String(hospital)}`, { is_active: false }, AT_ONCE);

  interleave("a MEMBER's choice is not stored after the response that hides the hospital", {
    given,
    // The choice stops while clearing the previous active membership.
    stopped: ({ elsewhere }) => [atRow('membership', elsewhere)],
    requests: (scene) => [() => withRows(choose(scene)), () => withRows(hide(scene))],
    outcome: async (_, [chosen, hidden]) => ({
      statuses: [chosen?.status, hidden?.status],
      storedAfterwards: hidden?.rows !== (await service.client.rows()),
    }),
    guarded: { statuses: [200, 201], storedAfterwards: false },
    withoutGuard: { guard: ACTIVITY_LOCK, breaks: { statuses: [200, 201], storedAfterwards: true } },
  });

  interleave('a MEMBER cannot choose a hospital that is being hidden', {
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
