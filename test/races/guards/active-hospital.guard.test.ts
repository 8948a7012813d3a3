import { MembershipType } from '../../../src/memberships/membership.entity.js';
import type { Actor } from '../../support/actor.js';
import type { CheckedResponse } from '../../support/checked-response.js';
import { HOSPITAL } from '../../support/bodies.js';
import { all, MEDIC_LOCK, ONE_ACTIVE } from './guards.js';
import { atWrite, interleavings } from './interleave.js';

const AT_ONCE = { concurrent: true };

/** A hospital and its only ADMIN. */
interface Place {
  readonly hospital: number;
  readonly admin: Actor;
}

/** Three hospitals, and a medic whom the ADMIN of the third created. */
interface Scene {
  readonly places: readonly [Place, Place, Place];
  readonly medic: Actor;
}

interleavings('A medic has at most one active hospital', (interleave, service) => {
  async function place(): Promise<Place> {
    const { hospital, admin } = await service.given.hospital();
    return { hospital, admin };
  }

  /** @param isActive for each hospital, whether the medic is active there; undefined for no membership */
  async function givenScene(...isActive: (boolean | undefined)[]): Promise<Scene> {
    const places: [Place, Place, Place] = [await place(), await place(), await place()];
    const medic = await service.given.medic({ createdById: places[2].admin.id });
    for (const [index, { hospital }] of places.entries())
      if (isActive[index] !== undefined)
        await service.given.membership(medic, hospital, { isActive: isActive[index], type: MembershipType.MEMBER });
    return { places, medic };
  }

  async function outcome({ medic }: Scene, answers: CheckedResponse[]) {
    const active = await service.dataSource.query<unknown[]>(
      'SELECT FROM membership WHERE medic_id = $1 AND is_active AND NOT is_deleted',
      [medic.id],
    );
    return { statuses: answers.map(({ status }) => status).sort(), active: active.length };
  }

  const choose = (medic: Actor, { hospital }: Place) =>
    medic.patch('/locations/update/', { hospital_id: hospital }, AT_ONCE);
  const choosePatched = (by: Actor, { id }: Actor, { hospital }: Place) =>
    by.patch(`/medics/${String(id)}`, { hospital }, AT_ONCE);
  const add = ({ hospital, admin }: Place, medic: Actor) => admin.addMember(hospital, medic, {}, AT_ONCE);

  const stopped = () => [atWrite('UPDATE', 'membership'), atWrite('INSERT', 'membership')];
  const guard = all(MEDIC_LOCK, ONE_ACTIVE);
  const common = { stopped, outcome, spare: [ONE_ACTIVE] };
  /** The index alone also keeps the invariant, but refuses a request that should succeed. */
  const refusesOne = { guard: MEDIC_LOCK, breaks: { statuses: [202, 409], active: 1 } };
  const [ok, added, changed] = [
    [200, 200],
    [201, 201],
    [202, 202],
  ];

  interleave('one hospital is active if two are chosen at once by PATCH locations/update', {
    ...common,
    given: () => givenScene(false, false, true),
    requests: ({ places: [one, two], medic }) => [() => choose(medic, one), () => choose(medic, two)],
    guarded: { statuses: ok, active: 1 },
    withoutGuard: { guard, breaks: { statuses: ok, active: 2 } },
  });

  interleave('one hospital is active if the medic and the creator choose at once by PATCH medics', {
    ...common,
    given: () => givenScene(false, false, true),
    requests: ({ places: [one, two, { admin: creator }], medic }) => [
      () => choosePatched(medic, medic, one),
      () => choosePatched(creator, medic, two),
    ],
    guarded: { statuses: changed, active: 1 },
    withoutGuard: [{ guard, breaks: { statuses: changed, active: 2 } }, refusesOne],
  });

  interleave("one hospital is active if two ADMINs add the medic's first memberships at once", {
    ...common,
    given: () => givenScene(),
    requests: ({ places: [one, two], medic }) => [() => add(one, medic), () => add(two, medic)],
    guarded: { statuses: added, active: 1 },
    withoutGuard: { guard: ONE_ACTIVE, breaks: { statuses: added, active: 2 } },
    spare: [MEDIC_LOCK],
    withoutFastStore: { withoutGuard: { guard, breaks: { statuses: added, active: 2 } }, spare: [ONE_ACTIVE] },
  });

  interleave('one hospital is active if the medic creates their first two hospitals at once', {
    ...common,
    given: () => givenScene(),
    requests: ({ medic }) => [
      () => medic.post('/hospital/', HOSPITAL, AT_ONCE),
      () => medic.post('/hospital/', HOSPITAL, AT_ONCE),
    ],
    guarded: { statuses: added, active: 1 },
    withoutGuard: { guard, breaks: { statuses: added, active: 2 } },
  });

  interleave('one hospital is active if a membership is restored during the first creation elsewhere', {
    ...common,
    given: async () => {
      const scene = await givenScene();
      const { hospital } = scene.places[0];
      const removed = await service.given.membership(scene.medic, hospital, { isActive: true, isDeleted: true });
      return { ...scene, removed };
    },
    requests: ({ places: [one, two], medic, removed }) => [
      () => one.admin.changeMembership(removed, { is_deleted: false }, AT_ONCE),
      () => add(two, medic),
    ],
    guarded: { statuses: added, active: 1 },
    withoutGuard: { guard: ONE_ACTIVE, breaks: { statuses: added, active: 2 } },
    spare: [],
    withoutFastStore: { withoutGuard: { guard, breaks: { statuses: added, active: 2 } }, spare: [ONE_ACTIVE] },
  });
});
