import { MembershipType } from '../../../src/memberships/membership.entity.js';
import type { Actor } from '../../support/actor.js';
import type { CheckedResponse } from '../../support/checked-response.js';
import { ACCOUNT_LOCK, ACTING_LOCK, all, HOSPITAL_LOCK, RIGHT_LOCK } from './guards.js';
import { atWrite, interleavings } from './interleave.js';

const AT_ONCE = { concurrent: true };
const MEMBER = { type_membership: 'MEMBER' };
const NO_ADMIN = { is_admin_membership: false };

/** An ADMIN and their ADMIN membership. */
interface Adminship {
  readonly actor: Actor;
  readonly id: number;
}

/** A hospital with two ADMINs; the first created the account of the second. */
interface Scene {
  readonly hospital: number;
  readonly first: Adminship;
  readonly second: Adminship;
}

type Loss = (by: Actor, of: Adminship) => Promise<CheckedResponse>;

const pathOf = ({ id }: Actor) => `/medics/${String(id)}`;

/** Every request by which an ADMIN can lose the right. */
const LOSSES = {
  'PATCH type_membership': (by, { id }) => by.changeMembership(id, MEMBER, AT_ONCE),
  'PATCH is_deleted': (by, { id }) => by.changeMembership(id, { is_deleted: true }, AT_ONCE),
  DELETE: (by, { id }) => by.removeMembership(id, AT_ONCE),
  'PATCH medics is_admin_membership': (by, { actor }) => by.patch(pathOf(actor), NO_ADMIN, AT_ONCE),
} satisfies Record<string, Loss>;

const WAYS = Object.entries<Loss>(LOSSES);

/** A write about another medic also locks the caller's account, which the other's write would lock first. */
const BOTH_LOCKS = all(HOSPITAL_LOCK, ACCOUNT_LOCK);

/** Every unordered pair of ways, each way with itself included. */
const PAIRS = WAYS.flatMap((one, index) => WAYS.slice(index).map((two) => [one, two] as const));

interleavings('A hospital keeps its last ADMIN', (interleave, service) => {
  async function given(): Promise<Scene> {
    const { hospital, admin, adminship } = await service.given.hospital();
    const actor = await service.given.medic({ createdById: admin.id });
    const id = await service.given.membership(actor, hospital, { type: MembershipType.ADMIN, isActive: true });
    return { hospital, first: { actor: admin, id: adminship }, second: { actor, id } };
  }

  async function outcome({ hospital }: Scene, answers: CheckedResponse[]) {
    const [{ admins }] = await service.dataSource.query<[{ admins: number }]>(
      `SELECT count(*)::integer AS admins FROM membership
       WHERE hospital_id = $1 AND type = 'ADMIN' AND NOT is_deleted`,
      [hospital],
    );
    const refused = answers.map(({ status }) => status).filter((status) => status >= 300);
    return { granted: answers.length - refused.length, refused, admins };
  }

  const stopped = () => [atWrite('UPDATE', 'membership')];
  const guarded = { granted: 1, refused: [409], admins: 1 };
  const breaks = { granted: 2, refused: [], admins: 0 };
  const common = { given, stopped, outcome, guarded };
  const eachOther = (way: keyof typeof LOSSES) => ({
    requests: ({ first, second }: Scene) => [
      () => LOSSES[way](first.actor, second),
      () => LOSSES[way](second.actor, first),
    ],
    guarded: { ...guarded, refused: [401] },
  });

  for (const [[one, lose], [two, loseToo]] of PAIRS)
    interleave(`a hospital keeps an ADMIN if both give up the right at once, by ${one} and ${two}`, {
      ...common,
      requests: ({ first, second }) => [() => lose(first.actor, first), () => loseToo(second.actor, second)],
      withoutGuard: { guard: HOSPITAL_LOCK, breaks },
    });

  interleave('a hospital keeps an ADMIN if each demotes the other at once', {
    ...common,
    ...eachOther('PATCH type_membership'),
    withoutGuard: { guard: RIGHT_LOCK, breaks },
    spare: [HOSPITAL_LOCK],
    withoutFastStore: { withoutGuard: { guard: BOTH_LOCKS, breaks } },
  });

  interleave('a hospital keeps an ADMIN if each removes the other at once', {
    ...common,
    ...eachOther('DELETE'),
    withoutGuard: { guard: BOTH_LOCKS, breaks },
    spare: [ACCOUNT_LOCK],
  });

  for (const [way, lose] of WAYS)
    interleave(`a hospital keeps an ADMIN if one takes the other's right by ${way} and leaves`, {
      ...common,
      requests: ({ first, second }) => [() => lose(first.actor, second), () => LOSSES.DELETE(first.actor, first)],
      // Each also locks the caller's account, for which the request to leave waits.
      withoutGuard: { guard: way === 'PATCH type_membership' ? all(HOSPITAL_LOCK, ACTING_LOCK) : BOTH_LOCKS, breaks },
      withoutFastStore: { withoutGuard: { guard: BOTH_LOCKS, breaks } },
    });
});
