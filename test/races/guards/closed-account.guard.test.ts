import { isDeepStrictEqual } from 'node:util';
import { MembershipType } from '../../../src/memberships/membership.entity.js';
import type { Actor } from '../../support/actor.js';
import { HOSPITAL, medicBody } from '../../support/bodies.js';
import type { CheckedResponse } from '../../support/checked-response.js';
import {
  ACCOUNT_ACTIVE,
  ACCOUNT_LOCK,
  ACTING_CALLER,
  ACTING_LOCK,
  all,
  MEDIC_LOCK,
  OWN_ACCOUNT_ACTIVE,
  type Guard,
} from './guards.js';
import { afterUpdate, interleavings } from './interleave.js';

const AT_ONCE = { concurrent: true };

/** An account that its creator deactivates: a second ADMIN of a hospital, and the creator of a medic. */
interface Scene {
  readonly creator: Actor;
  readonly closed: Actor;
  readonly created: Actor;
  readonly hospital: number;
  readonly ownMembership: number;
  /** Another medic's membership there. */
  readonly membership: number;
  readonly outsider: Actor;
}

interface Outcome {
  readonly isDeactivated: boolean;
  readonly status: number | undefined;
  /** Null if nothing was refused. */
  readonly refusal: string | null;
  readonly isStored: boolean;
}

const BROKEN: Outcome = { isDeactivated: true, status: undefined, refusal: null, isStored: true };

interface Rows {
  readonly isActive: boolean;
  readonly changes: number;
  readonly others: unknown;
}

/** A write that has passed the check of the key when the account is deactivated. */
interface Write {
  readonly name: string;
  readonly send: (scene: Scene) => Promise<CheckedResponse>;
  /** Status without the guard. */
  readonly stored: number;
  /** The refusal, if it is not that of a key that does not work. A hospital's id is left out. */
  readonly status?: number;
  readonly refusal?: string;
  /** Without any of these it stores something. */
  readonly guards: readonly Guard[];
}

const BY_ACCOUNT = [ACCOUNT_ACTIVE, ACCOUNT_LOCK];
const BY_OWN_ROW = [OWN_ACCOUNT_ACTIVE, MEDIC_LOCK];

const medicPath = ({ id }: Actor) => `/medics/${String(id)}`;

const WRITES: Write[] = [
  {
    name: 'PATCH medics of itself, with is_active',
    send: ({ closed }) => closed.patch(medicPath(closed), { is_active: true }, AT_ONCE),
    stored: 202,
    guards: BY_OWN_ROW,
  },
  {
    name: 'PATCH medics of a medic that it created',
    send: ({ closed, created }) => closed.patch(medicPath(created), { name: 'Mine' }, AT_ONCE),
    stored: 202,
    guards: BY_ACCOUNT,
  },
  {
    name: 'PATCH medics of a medic that it created, with is_active',
    send: ({ closed, created }) => closed.patch(medicPath(created), { is_active: false }, AT_ONCE),
    stored: 202,
    guards: BY_ACCOUNT,
  },
  {
    name: 'POST medics',
    send: ({ closed }) => closed.post('/medics/', medicBody(), AT_ONCE),
    stored: 201,
    guards: BY_ACCOUNT,
  },
  {
    name: 'POST hospital',
    send: ({ closed }) => closed.post('/hospital/', HOSPITAL, AT_ONCE),
    stored: 201,
    guards: BY_ACCOUNT,
  },
  {
    name: 'PATCH locations/update',
    send: ({ closed, hospital }) => closed.patch('/locations/update/', { hospital_id: hospital }, AT_ONCE),
    stored: 200,
    guards: BY_OWN_ROW,
  },
  {
    name: 'DELETE management/memberships of its own membership',
    send: ({ closed, ownMembership }) => closed.removeMembership(ownMembership, AT_ONCE),
    stored: 201,
    // The medic of the membership is the account: either lock is enough.
    guards: [ACCOUNT_ACTIVE, MEDIC_LOCK],
  },
  {
    name: 'PATCH management/memberships with is_deleted',
    send: ({ closed, membership }) => closed.changeMembership(membership, { is_deleted: true }, AT_ONCE),
    stored: 201,
    guards: [ACCOUNT_LOCK, all(ACCOUNT_ACTIVE, ACTING_CALLER)],
  },
  {
    name: 'POST management/memberships/bulk',
    send: ({ closed, hospital, outsider }) =>
      closed.post('/management/memberships/bulk/', { hospital, memberships: [{ medic: outsider.id }] }, AT_ONCE),
    refusal: 'Unauthorized Medic',
    stored: 200,
    guards: [ACTING_CALLER, all(MEDIC_LOCK, ACTING_LOCK)],
  },
  {
    name: 'POST medics with hospital',
    send: ({ closed, hospital }) => closed.post('/medics/', medicBody({ hospital }), AT_ONCE),
    status: 400,
    refusal: 'You do not have sufficient permissions to assign this hospital: ',
    stored: 201,
    guards: [ACTING_CALLER, ACTING_LOCK],
  },
  {
    name: 'POST token-auth/rotate',
    send: ({ closed }) => closed.post('/token-auth/rotate/', undefined, AT_ONCE),
    stored: 200,
    guards: BY_ACCOUNT,
  },
  {
    name: 'DELETE token-auth',
    send: ({ closed }) => closed.delete('/token-auth/', AT_ONCE),
    stored: 204,
    guards: BY_ACCOUNT,
  },
  {
    name: 'DELETE token-auth with all',
    send: ({ closed }) => closed.delete('/token-auth/?all=true', AT_ONCE),
    stored: 204,
    guards: BY_ACCOUNT,
  },
];

const isRefused = (answer?: CheckedResponse): answer is CheckedResponse => (answer?.status ?? 0) >= 400;

interleavings('A deactivated account stores nothing', (interleave, service) => {
  async function given(): Promise<Scene & { before: Rows }> {
    const creator = await service.given.medic();
    const closed = await service.given.medic({ createdById: creator.id });
    const created = await service.given.medic({ createdById: closed.id });
    await service.given.token(closed.id);
    const { hospital, membership, outsider } = await service.given.hospital();
    const ADMIN = { type: MembershipType.ADMIN };
    const ownMembership = await service.given.membership(closed, hospital, ADMIN);
    const scene = { hospital, creator, closed, ownMembership, created, membership, outsider };
    return { ...scene, before: await rowsOf(scene) };
  }

  /** @returns whether the account is active, and every other row with the number of changes */
  async function rowsOf({ closed }: Scene): Promise<Rows> {
    const [tables] = JSON.parse(await service.client.rows()) as [Record<string, { id: number; is_active: boolean }[]>];
    const { medic = [], changes, ...others } = tables;
    const account = medic.find(({ id }) => id === closed.id);
    return {
      isActive: account?.is_active === true,
      changes: Number(changes),
      others: { ...others, medic: medic.filter(({ id }) => id !== closed.id) },
    };
  }

  for (const { name, send, stored, guards, refusal = 'Invalid Token', status = 401 } of WRITES)
    interleave(`${name} stores nothing if the caller is deactivated after the key was checked`, {
      given,
      stopped: () => [afterUpdate('medic')],
      requests: (scene) => [
        () => scene.creator.patch(medicPath(scene.closed), { is_active: false }, AT_ONCE),
        () => send(scene),
      ],
      outcome: async (scene, [deactivation, write]): Promise<Outcome> => {
        const { isActive, changes, others } = await rowsOf(scene);
        return {
          isDeactivated: deactivation?.status === 202,
          status: write?.status,
          refusal: isRefused(write) ? write.body<{ message: string }>().message.replace(/\d+/, '') : null,
          // The deactivation is the only change.
          isStored: isActive || changes !== scene.before.changes + 1 || !isDeepStrictEqual(others, scene.before.others),
        };
      },
      guarded: { isDeactivated: true, status, refusal, isStored: false },
      withoutGuard: guards.map((guard) => ({ guard, breaks: { ...BROKEN, status: stored } })),
    });
});
