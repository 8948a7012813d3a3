import { isDeepStrictEqual } from 'node:util';
import { MembershipType } from '../../../src/memberships/membership.entity.js';
import type { Actor } from '../../support/actor.js';
import type { CheckedResponse } from '../../support/checked-response.js';
import { medicBody } from '../../support/bodies.js';
import type { HospitalScene } from '../../support/given.js';
import { ACCOUNT_LOCK, all, HOSPITAL_LOCK, MEDIC_LOCK, RIGHT_LOCK, type Guard } from './guards.js';
import { afterUpdate, atRow, atWrite, interleavings } from './interleave.js';

const AT_ONCE = { concurrent: true };

/** A hospital whose second ADMIN removes the right of the first, and a medic whom the first ADMIN created. */
interface Scene extends HospitalScene {
  readonly second: Actor;
  readonly created: Actor;
}

/** An ADMIN's write, and the lock at which it stops after its authorization. */
interface Write {
  readonly name: string;
  readonly send: (scene: Scene) => Promise<CheckedResponse>;
  readonly stopped: (scene: Scene) => string;
  readonly guards: readonly Guard[];
  /** As `guards`, without the fast store, whose statement for this write shares the right. */
  readonly slowGuards?: readonly Guard[];
  /** The guard without which a waiting write uses the right as it was before the wait. */
  readonly freshBy?: Guard;
  /** Status of the refusal without the right; 401 by default. */
  readonly refusal?: number;
  /** The caller gets a refusal even if the write is stored, because they are no longer a member. */
  readonly isHidden?: boolean;
}

const LOSSES: [name: string, send: (scene: Scene) => Promise<CheckedResponse>][] = [
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
    name: 'POST management/memberships/bulk',
    send: ({ hospital, admin, outsider }) =>
      admin.post('/management/memberships/bulk/', { hospital, memberships: [{ medic: outsider.id }] }, AT_ONCE),
    stopped: () => atWrite('INSERT', 'membership'),
    guards: [RIGHT_LOCK, MEDIC_LOCK],
  },
  {
    name: 'PATCH management/memberships',
    send: ({ admin, membership }) => admin.changeMembership(membership, { type_membership: 'ADMIN' }, AT_ONCE),
    stopped: atMembership,
    guards: [HOSPITAL_LOCK, RIGHT_LOCK],
    freshBy: RIGHT_LOCK,
    slowGuards: [HOSPITAL_LOCK, ACCOUNT_LOCK],
  },
  {
    name: 'PATCH management/memberships with is_deleted',
    send: ({ admin, membership }) => admin.changeMembership(membership, { is_deleted: true }, AT_ONCE),
    stopped: atMembership,
    guards: [HOSPITAL_LOCK, ACCOUNT_LOCK],
  },
  {
    name: 'DELETE management/memberships',
    send: ({ admin, membership }) => admin.removeMembership(membership, AT_ONCE),
    stopped: atMembership,
    guards: [HOSPITAL_LOCK, ACCOUNT_LOCK],
  },
  {
    name: 'PATCH hospital',
    send: ({ admin, hospital }) => admin.patch(`/hospital/${String(hospital)}`, { name: 'Mine' }, AT_ONCE),
    stopped: () => atWrite('UPDATE', 'hospital'),
    guards: [HOSPITAL_LOCK, RIGHT_LOCK],
    isHidden: true,
  },
  {
    name: 'POST medics',
    send: ({ admin, hospital }) => admin.post('/medics/', medicBody({ hospital }), AT_ONCE),
    stopped: () => atWrite('INSERT', 'medic'),
    guards: [RIGHT_LOCK],
    refusal: 400,
  },
  {
    name: 'PATCH medics',
    send: ({ admin, hospital, created }) => admin.patch(`/medics/${String(created.id)}`, { hospital }, AT_ONCE),
    stopped: () => atWrite('INSERT', 'membership'),
    guards: [HOSPITAL_LOCK, ACCOUNT_LOCK],
    refusal: 400,
  },
];

const isGranted = (status: number | undefined) => status !== undefined && status < 300;

interleavings('A right stores nothing after the response that removes it', (interleave, service) => {
  async function given(): Promise<Scene> {
    const scene = await service.given.hospital();
    const second = await service.given.medic();
    await service.given.membership(second, scene.hospital, { type: MembershipType.ADMIN, isActive: true });
    return { ...scene, second, created: await service.given.medic({ createdById: scene.admin.id }) };
  }

  /** @returns the status, and every row at the time of the response */
  const withRows = async (answer: Promise<CheckedResponse>) => ({
    status: (await answer).status,
    rows: await service.client.rows(),
  });

  /** @returns every row except the first ADMIN's membership, without the number of changes */
  async function otherRows({ adminship }: Scene): Promise<unknown> {
    const [tables] = JSON.parse(await service.client.rows()) as [Record<string, { id: number }[]>];
    return { ...tables, changes: null, membership: tables['membership']?.filter(({ id }) => id !== adminship) };
  }

  for (const {
    name,
    send,
    stopped,
    guards: fastGuards,
    slowGuards,
    refusal = 401,
    isHidden = false,
    ...write
  } of WRITES)
    for (const [loss, lose] of LOSSES) {
      const isSlow = !service.hasFastStore && slowGuards !== undefined;
      const guards = isSlow ? slowGuards : fastGuards;
      const freshBy = isSlow ? undefined : write.freshBy;
      const spare = guards.length > 1 ? [...guards] : [];
      interleave(`${name} stores nothing after the response by which the ADMIN is ${loss}`, {
        given,
        stopped: (scene) => [stopped(scene)],
        requests: (scene) => [() => withRows(send(scene)), () => withRows(lose(scene))],
        outcome: async (_, [write, lost]) => ({
          granted: isGranted(write?.status) && isGranted(lost?.status),
          storedAfterwards: lost?.rows !== (await service.client.rows()),
        }),
        guarded: { granted: true, storedAfterwards: false },
        withoutGuard: {
          guard: all(...guards),
          breaks: { granted: !(isHidden && loss === 'removed'), storedAfterwards: true },
        },
        spare,
      });

      interleave(`${name} is refused while the caller is being ${loss}`, {
        given: async () => {
          const scene = await given();
          return { ...scene, before: await otherRows(scene) };
        },
        stopped: (scene) => [afterUpdate('membership'), stopped(scene)],
        requests: (scene) => [() => lose(scene), () => send(scene)],
        outcome: async (scene, [lost, write]) => {
          const isStored = !isDeepStrictEqual(await otherRows(scene), scene.before);
          return { isLost: isGranted(lost?.status), isRefused: write?.status === refusal, isStored };
        },
        guarded: { isLost: true, isRefused: true, isStored: false },
        withoutGuard: { guard: freshBy ?? all(...guards), breaks: { isLost: true, isRefused: false, isStored: true } },
        spare: spare.filter((guard) => guard !== freshBy),
      });
    }
});
