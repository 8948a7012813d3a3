import { API } from '../../support/client.js';
import { MEDIC_LOCK } from './guards.js';
import { atWrite, interleavings } from './interleave.js';

const AT_ONCE = { concurrent: true };

interleavings('An upload decides by the memberships that its medics have when it is stored', (interleave, service) => {
  async function given() {
    const { hospital, admin, outsider } = await service.given.hospital();
    const elsewhere = await service.given.hospital();
    const removed = await service.given.membership(outsider, elsewhere.hospital, { isActive: true, isDeleted: true });
    return { hospital, admin, outsider, other: elsewhere.admin, removed };
  }
  type Scene = Awaited<ReturnType<typeof given>>;

  /** Not by the client, which rejects the undocumented response of the service without its guard. */
  const upload = ({ hospital, admin, outsider }: Scene) =>
    fetch(`${service.client.url}${API}/management/memberships/bulk/`, {
      method: 'POST',
      headers: { authorization: `Token ${admin.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ hospital, memberships: [{ medic: outsider.id }] }),
    });
  const restore = ({ other, removed }: Scene) => other.changeMembership(removed, { is_deleted: false }, AT_ONCE);

  interleave('an upload is stored if a membership elsewhere, which would be active, is restored meanwhile', {
    given,
    stopped: () => [atWrite('INSERT', 'membership')],
    requests: (scene) => [async () => ({ status: (await upload(scene)).status }), () => restore(scene)],
    outcome: (_, answers: { status: number }[]) => Promise.resolve(answers.map(({ status }) => status)),
    guarded: [200, 201],
    withoutGuard: { guard: MEDIC_LOCK, breaks: [409, 201] },
  });
});
