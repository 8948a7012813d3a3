import { MembershipType } from '../../../src/memberships/membership.entity.js';
import type { Actor } from '../../support/actor.js';
import type { Answer } from '../../support/answer.js';
import { medicBody } from '../../support/bodies.js';
import type { HospitalScene } from '../../support/given.js';
import { all, HOSPITAL_LOCK, RIGHT_LOCK, type Guard } from './guards.js';
import { atRow, atWrite, interleavings } from './interleave.js';

const AT_ONCE = { concurrent: true };

/** A hospital whose second ADMIN takes the right from the first, who created the account of a medic. */
interface Scene extends HospitalScene {
  readonly second: Actor;
  readonly created: Actor;
}

/** What an ADMIN may write, and where it is stopped when it is authorised and not yet written. */
interface Write {
  readonly name: string;
  readonly send: (scene: Scene) => Promise<Answer>;
  readonly stopped: (scene: Scene) => string;
  readonly guards: readonly Guard[];
  /** The losses of the right that break something without the guards; by default all of them. */
  readonly losses?: readonly Loss[];
}

type Loss = readonly [name: string, send: (scene: Scene) => Promise<Answer>];

const LOSSES: Loss[] = [
  ['demoted', ({ second, adminship }) => second.changeMembership(adminship, { type_membership: 'MEMBER' }, AT_ONCE)],
  ['removed', ({ second, adminship }) => second.removeMembership(adminship, AT_ONCE)],
];

const atMembership = ({ membership }: Scene) => atRow('membership', membership);

const WRITES: Write[] = [
  {
    name: 'POST management/memberships',
    send: ({ hospital, admin, outsider }) => admin.addMember(hospital, outsider, {}, AT_ONCE),
    stopped: () => atWrite('INSERT', 'membership'),
    guards: [RIGHT_LOCK],
  },
  {
    name: 'PATCH management/memberships',
    send: ({ admin, membership }) => admin.changeMembership(membership, { type_membership: 'ADMIN' }, AT_ONCE),
    stopped: atMembership,
    guards: [HOSPITAL_LOCK],
  },
  {
    name: 'DELETE management/memberships',
    send: ({ admin, membership }) => admin.removeMembership(membership, AT_ONCE),
    stopped: atMembership,
    guards: [HOSPITAL_LOCK],
  },
  {
    name: 'PATCH hospital',
    send: ({ admin, hospital }) => admin.patch(`/hospital/${String(hospital)}`, { name: 'Mine' }, AT_ONCE),
    stopped: () => atWrite('UPDATE', 'hospital'),
    guards: [HOSPITAL_LOCK, RIGHT_LOCK],
    // The answer, which nobody can read who is no member any more, undoes the write of a removed one.
    losses: LOSSES.filter(([loss]) => loss === 'demoted'),
  },
  {
    name: 'POST medics',
    send: ({ admin, hospital }) => admin.post('/medics/', medicBody({ hospital }), AT_ONCE),
    stopped: () => atWrite('INSERT', 'medic'),
    guards: [RIGHT_LOCK],
  },
  {
    name: 'PATCH medics',
    send: ({ admin, hospital, created }) => admin.patch(`/medics/${String(created.id)}`, { hospital }, AT_ONCE),
    stopped: () => atWrite('INSERT', 'membership'),
    guards: [HOSPITAL_LOCK],
  },
];

interleavings('By a right nothing is stored after the answer that takes it away', (interleave, service) => {
  async function given(): Promise<Scene> {
    const scene = await service.given.hospital();
    const second = await service.given.medic();
    await service.given.membership(second, scene.hospital, { type: MembershipType.ADMIN, isActive: true });
    return { ...scene, second, created: await service.given.medic({ createdById: scene.admin.id }) };
  }

  /** An answer, and every row as it was then. */
  const withRows = async (answer: Promise<Answer>) => ({
    status: (await answer).status,
    rows: await service.client.rows(),
  });

  for (const { name, send, stopped, guards, losses = LOSSES } of WRITES)
    for (const [loss, lose] of losses)
      interleave(`${name} of an ADMIN who is ${loss} meanwhile`, {
        given,
        stopped: (scene) => [stopped(scene)],
        requests: (scene) => [() => withRows(send(scene)), () => withRows(lose(scene))],
        outcome: async (_, [write, lost]) => ({
          granted: [write?.status, lost?.status].every((status) => status !== undefined && status < 300),
          storedAfterwards: lost?.rows !== (await service.client.rows()),
        }),
        guarded: { granted: true, storedAfterwards: false },
        withoutGuard: { guard: all(...guards), breaks: { granted: true, storedAfterwards: true } },
        spare: guards.length > 1 ? [...guards] : [],
      });
});
