import { MembershipType } from '../../../src/memberships/membership.entity.js';
import type { Actor } from '../../support/actor.js';
import type { CheckedResponse } from '../../support/checked-response.js';
import type { HospitalScene } from '../../support/given.js';
import { all, HOSPITAL_LOCK, MEDIC_LOCK, ONE_ACTIVE, OTHERS_STAY } from './guards.js';
import { atWrite, interleavings } from './interleave.js';

const AT_ONCE = { concurrent: true };
const ADMIN = { type: MembershipType.ADMIN, isActive: true };
const AN_END = { valid_until: '2999-01-01T00:00:00Z' };
const MEMBER = { type_membership: 'MEMBER' };
const ENDED = { validUntil: new Date(0), isActive: true };

const stopped = () => [atWrite('UPDATE', 'membership'), atWrite('INSERT', 'membership')];
const statusesOf = (answers: CheckedResponse[]) => answers.map(({ status }) => status);

/** A hospital with two ADMINs. */
interface Adminships {
  readonly hospital: number;
  readonly first: Actor;
  readonly firstship: number;
  readonly second: Actor;
  readonly secondship: number;
}

interleavings('A hospital keeps an ADMIN without an end', (interleave, service) => {
  async function given(second: object = {}): Promise<Adminships> {
    const { hospital, admin, adminship } = await service.given.hospital();
    const other = await service.given.medic();
    const secondship = await service.given.membership(other, hospital, { ...ADMIN, ...second });
    return { hospital, first: admin, firstship: adminship, second: other, secondship };
  }

  async function outcome({ hospital }: Adminships, answers: CheckedResponse[]) {
    const admins = await service.dataSource.query<unknown[]>(
      `SELECT FROM membership
       WHERE hospital_id = $1 AND type = 'ADMIN' AND NOT is_deleted AND valid_until IS NULL`,
      [hospital],
    );
    return { statuses: statusesOf(answers).sort(), admins: admins.length };
  }

  interleave('one ADMIN stays if one gets an end while the other steps down', {
    given: () => given(),
    stopped,
    outcome,
    requests: ({ first, firstship, second, secondship }) => [
      () => first.changeMembership(firstship, AN_END, AT_ONCE),
      () => second.changeMembership(secondship, MEMBER, AT_ONCE),
    ],
    guarded: { statuses: [201, 409], admins: 1 },
    withoutGuard: { guard: HOSPITAL_LOCK, breaks: { statuses: [201, 201], admins: 0 } },
  });

  interleave('the only ADMIN without an end stays beside one who has an end', {
    given: () => given({ validUntil: new Date('2999-01-01') }),
    stopped,
    outcome,
    requests: ({ first, firstship }) => [() => first.removeMembership(firstship, AT_ONCE)],
    guarded: { statuses: [409], admins: 1 },
    withoutGuard: { guard: OTHERS_STAY, breaks: { statuses: [201], admins: 0 } },
  });
});

/** A medic, a hospital with a membership that has the flag, and another hospital. */
interface Choice {
  readonly medic: Actor;
  readonly flagged: number;
  readonly owner: Actor;
  readonly elsewhere: { readonly hospital: number; readonly admin: Actor };
}

interleavings('A medic has one flag, in force or not', (interleave, service) => {
  async function given(flagged: object, isMemberElsewhere: boolean): Promise<Choice> {
    const [one, two] = [await service.given.hospital(), await service.given.hospital()];
    const medic = await service.given.medic();
    const id = await service.given.membership(medic, one.hospital, flagged);
    if (isMemberElsewhere) await service.given.membership(medic, two.hospital);
    return { medic, flagged: id, owner: one.admin, elsewhere: two };
  }

  async function outcome({ medic }: Choice, answers: CheckedResponse[]) {
    const flags = await service.dataSource.query<unknown[]>(
      'SELECT FROM membership WHERE medic_id = $1 AND is_active AND NOT is_deleted',
      [medic.id],
    );
    return { statuses: statusesOf(answers), flags: flags.length };
  }

  const guard = all(MEDIC_LOCK, ONE_ACTIVE);

  interleave('one flag is left if the medic chooses while a membership that has ended is extended', {
    given: () => given(ENDED, true),
    stopped,
    outcome,
    requests: ({ medic, elsewhere: { hospital }, owner, flagged }) => [
      () => medic.patch('/locations/update/', { hospital_id: hospital }, AT_ONCE),
      () => owner.changeMembership(flagged, { valid_until: null }, AT_ONCE),
    ],
    guarded: { statuses: [200, 201], flags: 1 },
    withoutGuard: { guard, breaks: { statuses: [200, 201], flags: 2 } },
    spare: [ONE_ACTIVE],
  });

  interleave('one flag is left if a membership is restored for later during the first creation elsewhere', {
    given: () => given({ isActive: true, isDeleted: true }, false),
    stopped,
    outcome,
    requests: ({ medic, elsewhere: { hospital, admin }, owner, flagged }) => [
      () => owner.changeMembership(flagged, { is_deleted: false, valid_from: AN_END.valid_until }, AT_ONCE),
      () => admin.addMember(hospital, medic, {}, AT_ONCE),
    ],
    guarded: { statuses: [201, 201], flags: 1 },
    withoutGuard: { guard: ONE_ACTIVE, breaks: { statuses: [201, 201], flags: 2 } },
    withoutFastStore: {
      withoutGuard: { guard, breaks: { statuses: [201, 201], flags: 2 } },
      spare: [ONE_ACTIVE],
    },
  });
});

/** A medic, and three hospitals with one ADMIN each. */
interface Starts {
  readonly medic: Actor;
  readonly one: HospitalScene;
  readonly two: HospitalScene;
  readonly three: HospitalScene;
}

/** An instant in January 2999. */
const startsOn = (day: number) => `2999-01-0${String(day)}T00:00:00Z`;

interleavings('The flag waits with the membership that starts first', (interleave, service) => {
  async function given(): Promise<Starts> {
    const [one, two, three] = [
      await service.given.hospital(),
      await service.given.hospital(),
      await service.given.hospital(),
    ];
    return { medic: await service.given.medic(), one, two, three };
  }

  /** @returns the days of the starts whose memberships have the flag */
  async function outcome({ medic }: Starts, answers: CheckedResponse[]) {
    const flagged = await service.dataSource.query<{ day: number }[]>(
      `SELECT extract(day FROM valid_from AT TIME ZONE 'UTC')::integer AS day FROM membership
       WHERE medic_id = $1 AND is_active AND NOT is_deleted ORDER BY id`,
      [medic.id],
    );
    return { statuses: statusesOf(answers), flagged: flagged.map(({ day }) => day) };
  }

  const guard = all(MEDIC_LOCK, ONE_ACTIVE);

  interleave('the earlier one has the flag if ADMINs of two hospitals add a medic for later at once', {
    given,
    stopped,
    outcome,
    requests: ({ medic, one, two }) => [
      () => one.admin.addMember(one.hospital, medic, { valid_from: startsOn(2) }, AT_ONCE),
      () => two.admin.addMember(two.hospital, medic, { valid_from: startsOn(1) }, AT_ONCE),
    ],
    guarded: { statuses: [201, 201], flagged: [1] },
    withoutGuard: { guard, breaks: { statuses: [201, 201], flagged: [2, 1] } },
    spare: [ONE_ACTIVE],
  });

  interleave('a new one has the flag if the one that started earlier is removed during its creation', {
    given: async () => {
      const scene = await given();
      const { medic, one, two } = scene;
      const first = { validFrom: new Date(startsOn(1)), isActive: true };
      const flagged = await service.given.membership(medic, one.hospital, first);
      const second = await service.given.membership(medic, two.hospital, { validFrom: new Date(startsOn(3)) });
      return { ...scene, flagged, second };
    },
    stopped,
    outcome,
    requests: ({ medic, one, three, flagged }) => [
      () => one.admin.removeMembership(flagged, AT_ONCE),
      () => three.admin.addMember(three.hospital, medic, { valid_from: startsOn(2) }, AT_ONCE),
    ],
    guarded: { statuses: [201, 201], flagged: [2] },
    withoutGuard: { guard: MEDIC_LOCK, breaks: { statuses: [201, 201], flagged: [3] } },
  });
});
