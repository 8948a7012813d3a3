import type { Actor } from '../../support/actor.js';
import type { CheckedResponse } from '../../support/checked-response.js';
import { ACCOUNT_LOCK, all, HOSPITAL_LOCK, MEDIC_LOCK, PAIR_LOCK } from './guards.js';
import { atWrite, interleavings } from './interleave.js';

/** An object, whose editors have all seen the same version. */
interface Scene {
  readonly admin: Actor;
  readonly path: string;
  readonly tag: string;
}

interleavings('An edit of a version that another edit replaces is refused', (interleave, service) => {
  async function seen(admin: Actor, path: string): Promise<Scene> {
    const { headers } = (await admin.get(path)).isOk();
    return { admin, path, tag: headers.get('etag') ?? '' };
  }

  const edit = (scene: Scene, method: string, body?: object) => () =>
    scene.admin.send(method, scene.path, { body, headers: { 'if-match': scene.tag }, concurrent: true });

  const outcome = (_: Scene, answers: CheckedResponse[]) => Promise.resolve(answers.map(({ status }) => status));

  const membership = {
    given: async () => {
      const { admin, membership: id } = await service.given.hospital();
      return seen(admin, `/management/memberships/${String(id)}`);
    },
    stopped: () => [atWrite('UPDATE', 'membership')],
    outcome,
    guarded: [201, 412],
    spare: [HOSPITAL_LOCK, MEDIC_LOCK, PAIR_LOCK, ACCOUNT_LOCK],
  };

  interleave('of two changes of one version of a membership at once, one is a 412', {
    ...membership,
    requests: (scene) => [
      edit(scene, 'PATCH', { type_membership: 'ADMIN' }),
      edit(scene, 'PATCH', { is_active: true, type_membership: 'ADMIN' }),
    ],
    withoutGuard: { guard: all(PAIR_LOCK, ACCOUNT_LOCK), breaks: [201, 201] },
  });

  interleave('a removal of a version of a membership that is being changed is a 412', {
    ...membership,
    requests: (scene) => [edit(scene, 'PATCH', { type_membership: 'ADMIN' }), edit(scene, 'DELETE')],
    withoutGuard: { guard: all(PAIR_LOCK, ACCOUNT_LOCK), breaks: [201, 201] },
  });

  interleave('of two changes of one version of a hospital at once, one is a 412', {
    given: async () => {
      const { admin, hospital } = await service.given.hospital();
      return seen(admin, `/hospital/${String(hospital)}`);
    },
    stopped: () => [atWrite('UPDATE', 'hospital')],
    outcome,
    requests: (scene) => [edit(scene, 'PATCH', { name: 'One' }), edit(scene, 'PATCH', { name: 'Two' })],
    guarded: [201, 412],
    withoutGuard: { guard: HOSPITAL_LOCK, breaks: [201, 201] },
  });

  interleave('of two changes of one version of a medic at once, one is a 412', {
    given: async () => {
      const medic = await service.given.medic();
      return seen(medic, `/medics/${String(medic.id)}`);
    },
    stopped: () => [atWrite('UPDATE', 'medic')],
    outcome,
    requests: (scene) => [edit(scene, 'PATCH', { name: 'One' }), edit(scene, 'PATCH', { name: 'Two' })],
    guarded: [202, 412],
    withoutGuard: { guard: MEDIC_LOCK, breaks: [202, 202] },
  });
});
