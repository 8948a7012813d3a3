import { MembershipType } from '../../../src/memberships/membership.entity.js';
import type { Actor } from '../../support/actor.js';
import { medicBody } from '../../support/bodies.js';
import type { CheckedResponse } from '../../support/checked-response.js';
import { byHand } from '../../support/hand.js';
import { fromNow, passing } from '../../support/limits.js';
import { all, RIGHTS_CLOCK_AFTER_LOCK, STILL_IN_FORCE } from './guards.js';
import { atRow, interleavings } from './interleave.js';

const AT_ONCE = { concurrent: true };
const MANAGEMENT = '/management/memberships/';

/** An ADMIN whose right ends soon, and what this ADMIN writes about. */
interface Scene {
  readonly hospital: number;
  readonly admin: Actor;
  /** A MEMBER. */
  readonly membership: number;
  /** The membership of a medic who was removed. */
  readonly removed: number;
  readonly outsider: Actor;
  /** A medic whom the ADMIN created. */
  readonly created: Actor;
}

type Send = (scene: Scene) => Promise<CheckedResponse>;

/** Writes of the ADMIN, each with the status of its refusal and of its success. */
type Writes = Readonly<Record<string, readonly [refused: number, granted: number, send: Send]>>;

const OF_MEMBERSHIPS: Writes = {
  POST: [401, 201, ({ admin, hospital, outsider }) => admin.addMember(hospital, outsider, {}, AT_ONCE)],
  bulk: [
    401,
    200,
    ({ admin, hospital, outsider }) =>
      admin.post(`${MANAGEMENT}bulk/`, { hospital, memberships: [{ medic: outsider.id }] }, AT_ONCE),
  ],
  PATCH: [
    401,
    201,
    ({ admin, membership }) => admin.changeMembership(membership, { type_membership: 'ADMIN' }, AT_ONCE),
  ],
  'PATCH that restores': [
    401,
    201,
    ({ admin, removed }) => admin.changeMembership(removed, { is_deleted: false }, AT_ONCE),
  ],
  DELETE: [401, 201, ({ admin, membership }) => admin.removeMembership(membership, AT_ONCE)],
};

const OTHERS: Writes = {
  'PATCH hospital': [
    401,
    201,
    ({ admin, hospital }) => admin.patch(`/hospital/${String(hospital)}`, { name: 'Mine' }, AT_ONCE),
  ],
  'POST medics': [400, 201, ({ admin, hospital }) => admin.post('/medics/', medicBody({ hospital }), AT_ONCE)],
  'PATCH medics': [
    400,
    202,
    ({ admin, hospital, created }) => admin.patch(`/medics/${String(created.id)}`, { hospital }, AT_ONCE),
  ],
  'PATCH locations/update': [
    404,
    200,
    ({ admin, hospital }) => admin.patch('/locations/update/', { hospital_id: hospital }, AT_ONCE),
  ],
};

interleavings('A right that has ended writes nothing', (interleave, service) => {
  async function given(): Promise<Scene> {
    const { hospital, membership, outsider } = await service.given.hospital();
    const [admin, left] = [await service.given.medic(), await service.given.medic()];
    const removed = await service.given.membership(left, hospital, { type: MembershipType.MEMBER, isDeleted: true });
    const created = await service.given.medic({ createdById: admin.id });
    await service.given.membership(admin, hospital, { type: MembershipType.ADMIN });
    return { hospital, admin, membership, removed, outsider, created };
  }

  /** Lets the rights of all ADMINs end at one instant, late enough for their requests to begin before it. @returns the instant */
  async function endOf(scenes: readonly Scene[]): Promise<string> {
    const until = await fromNow(service.dataSource, '6 seconds');
    const change = 'UPDATE membership SET valid_until = $2 WHERE medic_id = ANY($1)';
    await byHand(service.dataSource, change, [scenes.map(({ admin }) => admin.id), until]);
    return until;
  }

  for (const [name, writes] of [
    ['each write of memberships', OF_MEMBERSHIPS],
    ['each other write', OTHERS],
  ] as const) {
    const sent = Object.entries(writes);
    const statuses = (index: 0 | 1) => Object.fromEntries(sent.map(([write, status]) => [write, status[index]]));
    interleave(`${name} is refused if the right of the caller ends while it waits for a lock that changes nothing`, {
      given: async () => {
        const scenes: Scene[] = [];
        for (const _ of sent) scenes.push(await given());
        return { scenes, until: await endOf(scenes), before: await service.client.rows() };
      },
      stopped: ({ scenes }) => scenes.map(({ admin }) => atRow('medic', admin.id)),
      requests: ({ scenes, until }) => [
        ...scenes.map((scene, index) => async () => (await sent[index]?.[1][2](scene)) ?? null),
        async () => {
          await passing(service.dataSource, until);
          return null;
        },
      ],
      outcome: async ({ before }, answers: (CheckedResponse | null)[]) => ({
        statuses: Object.fromEntries(sent.map(([write], index) => [write, answers[index]?.status])),
        isStored: (await service.client.rows()) !== before,
      }),
      guarded: { statuses: statuses(0), isStored: false },
      withoutGuard: {
        guard: all(STILL_IN_FORCE, RIGHTS_CLOCK_AFTER_LOCK),
        breaks: { statuses: statuses(1), isStored: true },
      },
    });
  }
});
