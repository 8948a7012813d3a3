import { MembershipType } from '../../../src/memberships/membership.entity.js';
import type { Actor } from '../../support/actor.js';
import type { Answer } from '../../support/answer.js';
import { ACTING_LOCK, all, HOSPITAL_LOCK, RIGHT_LOCK } from './guards.js';
import { atWrite, interleavings } from './interleave.js';

const AT_ONCE = { concurrent: true };
const MEMBER = { type_membership: 'MEMBER' };
const NO_ADMIN = { is_admin_membership: false };

/** An ADMIN and the membership by which they are one. */
interface Adminship {
  readonly actor: Actor;
  readonly id: number;
}

/** A hospital whose ADMINs are these two; the first created the account of the second. */
interface Scene {
  readonly hospital: number;
  readonly first: Adminship;
  readonly second: Adminship;
}

type Loss = (by: Actor, of: Adminship) => Promise<Answer>;

const pathOf = ({ id }: Actor) => `/medics/${String(id)}`;

/** The ways in which an ADMIN's right is lost. */
const LOSSES = {
  'PATCH type_membership': (by, { id }) => by.changeMembership(id, MEMBER, AT_ONCE),
  'PATCH is_deleted': (by, { id }) => by.changeMembership(id, { is_deleted: true }, AT_ONCE),
  DELETE: (by, { id }) => by.removeMembership(id, AT_ONCE),
  'PATCH medics is_admin_membership': (by, { actor }) => by.patch(pathOf(actor), NO_ADMIN, AT_ONCE),
} satisfies Record<string, Loss>;

const WAYS = Object.entries<Loss>(LOSSES);

/** Each way with itself and with those after it. */
const PAIRS = WAYS.flatMap((one, index) => WAYS.slice(index).map((two) => [one, two] as const));

interleavings('The last ADMIN of a hospital stays', (interleave, service) => {
  async function given(): Promise<Scene> {
    const { hospital, admin, adminship } = await service.given.hospital();
    const actor = await service.given.medic({ createdById: admin.id });
    const id = await service.given.membership(actor, hospital, { type: MembershipType.ADMIN, isActive: true });
    return { hospital, first: { actor: admin, id: adminship }, second: { actor, id } };
  }

  async function outcome({ hospital }: Scene, answers: Answer[]) {
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
    interleave(`where both give the right up at once, by ${one} and by ${two}`, {
      ...common,
      requests: ({ first, second }) => [() => lose(first.actor, first), () => loseToo(second.actor, second)],
      withoutGuard: { guard: HOSPITAL_LOCK, breaks },
    });

  interleave('where each takes the right from the other at once, by PATCH type_membership', {
    ...common,
    ...eachOther('PATCH type_membership'),
    withoutGuard: { guard: RIGHT_LOCK, breaks },
    spare: [HOSPITAL_LOCK],
  });

  interleave('where each takes the right from the other at once, by DELETE', {
    ...common,
    ...eachOther('DELETE'),
    withoutGuard: { guard: HOSPITAL_LOCK, breaks },
  });

  for (const [way, lose] of WAYS)
    interleave(`where one takes the right from the other by ${way}, and leaves`, {
      ...common,
      requests: ({ first, second }) => [() => lose(first.actor, second), () => LOSSES.DELETE(first.actor, first)],
      // A change of the type alone holds the account of its caller, too, for which whoever leaves waits.
      withoutGuard: { guard: all(HOSPITAL_LOCK, ...(way === 'PATCH type_membership' ? [ACTING_LOCK] : [])), breaks },
    });
});
