import { MembershipType } from '../../../src/memberships/membership.entity.js';
import type { Actor } from '../../support/actor.js';
import type { CheckedResponse } from '../../support/checked-response.js';
import { all, MEDIC_LOCK, ONE_ACTIVE, ONE_PER_PAIR } from './guards.js';
import { atWrite, interleavings } from './interleave.js';

const AT_ONCE = { concurrent: true };

/** A hospital with two ADMINs, and a medic, created by the first, who is active at another hospital. */
interface Scene {
  readonly hospital: number;
  readonly admin: Actor;
  readonly second: Actor;
  readonly medic: Actor;
}

interleavings('A medic and a hospital have at most one membership', (interleave, service) => {
  async function given(): Promise<Scene> {
    const { hospital, admin } = await service.given.hospital();
    const second = await service.given.medic();
    await service.given.membership(second, hospital, { type: MembershipType.ADMIN, isActive: true });
    const medic = await service.given.medic({ createdById: admin.id });
    await service.given.membership(medic, await service.given.emptyHospital(), { isActive: true });
    return { hospital, admin, second, medic };
  }

  async function outcome({ hospital, medic }: Scene, answers: CheckedResponse[]) {
    const rows = await service.dataSource.query<{ id: number }[]>(
      'SELECT id FROM membership WHERE medic_id = $1 AND hospital_id = $2',
      [medic.id, hospital],
    );
    for (const answer of answers) if (answer.status === 409) answer.is(409, { membership: rows[0]?.id });
    return { statuses: answers.map(({ status }) => status).sort(), memberships: rows.length };
  }

  const add = (admin: Actor, { hospital, medic }: Scene) => admin.addMember(hospital, medic, {}, AT_ONCE);
  const place = (by: Actor, { hospital, medic }: Scene) =>
    by.patch(`/medics/${String(medic.id)}`, { hospital }, AT_ONCE);
  const common = { given, outcome, stopped: () => [atWrite('INSERT', 'membership')] };
  const withoutFastStore = {
    withoutGuard: { guard: all(ONE_PER_PAIR, MEDIC_LOCK), breaks: { statuses: [201, 201], memberships: 2 } },
    spare: [ONE_PER_PAIR],
  };

  interleave('one membership is stored if one ADMIN creates it twice at once', {
    ...common,
    requests: (scene) => [() => add(scene.admin, scene), () => add(scene.admin, scene)],
    guarded: { statuses: [201, 409], memberships: 1 },
    withoutGuard: { guard: ONE_PER_PAIR, breaks: { statuses: [201, 201], memberships: 2 } },
    spare: [MEDIC_LOCK],
    withoutFastStore,
  });

  interleave('one membership is stored if two ADMINs create it at once', {
    ...common,
    requests: (scene) => [() => add(scene.admin, scene), () => add(scene.second, scene)],
    guarded: { statuses: [201, 409], memberships: 1 },
    withoutGuard: { guard: ONE_PER_PAIR, breaks: { statuses: [201, 201], memberships: 2 } },
    spare: [MEDIC_LOCK],
    withoutFastStore,
  });

  interleave('one membership is stored if an ADMIN creates it while another assigns the hospital', {
    ...common,
    requests: (scene) => [() => add(scene.second, scene), () => place(scene.admin, scene)],
    guarded: { statuses: [201, 202], memberships: 1 },
    withoutGuard: {
      guard: all(ONE_PER_PAIR, MEDIC_LOCK, ONE_ACTIVE),
      breaks: { statuses: [201, 202], memberships: 2 },
    },
    spare: [ONE_PER_PAIR, ONE_ACTIVE],
  });
});
