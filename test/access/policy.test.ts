import {
  canAdminister,
  mayAdminister,
  mayAssign,
  mayChooseHospital,
  mayPrescribe,
  mayRemove,
  maySeeMembership,
  ownsMedic,
  showsHospital,
  type Right,
} from '../../src/access/policy.js';
import * as sql from '../../src/access/rights.sql.js';
import { OPERATOR } from '../../src/database/actor.js';
import { inTransaction } from '../../src/database/transaction.js';
import { MembershipType } from '../../src/memberships/membership.entity.js';
import { TIMES, useRows, type Membership, type State } from './rows.js';

const { ADMIN, MEMBER } = MembershipType;
const CALLER = '$1::integer';

const { ask, medic, hospital, membership, dataSource } = useRows();
const isLive = (state: State) => !['deleted', 'ended', 'not started'].includes(state);
const DELETED = 'deleted';
const LIVE = 'live';

/** Each way in which a caller can stand to a hospital, and the right that follows. */
const CALLERS: readonly [name: string, membership: Membership | null, right: Right][] = [
  ['a stranger', null, null],
  ['a MEMBER', [MEMBER, LIVE], MEMBER],
  ['an ADMIN', [ADMIN, LIVE], ADMIN],
  ['a removed MEMBER', [MEMBER, DELETED], null],
  ['a removed ADMIN', [ADMIN, DELETED], null],
  ['a MEMBER who has started', [MEMBER, 'started'], MEMBER],
  ['an ADMIN within limits', [ADMIN, 'within'], ADMIN],
  ['an ADMIN whose membership has ended', [ADMIN, 'ended'], null],
  ['a MEMBER whose membership has ended', [MEMBER, 'ended'], null],
  ['an ADMIN whose membership starts later', [ADMIN, 'not started'], null],
];

describe('The right of a caller at a hospital is the type of the live membership there', () => {
  test.each(CALLERS)('%s', async (_, present, right) => {
    const [caller, at] = [await medic(), await hospital()];
    if (present !== null) await membership(caller, at, present);
    const found = `SELECT ${sql.rightAt(CALLER, '$2::integer')} AS "right"`;
    expect(await ask(found, [caller, at])).toEqual({ right });
    const acting = `SELECT ${sql.actingRightAt(CALLER, '$2::integer')} AS "right"`;
    expect(await ask(acting, [caller, at])).toEqual({ right });
    const locked = await inTransaction(dataSource(), OPERATOR, (transaction) => sql.lockRight(transaction, caller, at));
    expect(locked).toBe(right);
  });
});

describe('canAdminister allows only ADMINs, in TypeScript and in SQL', () => {
  test.each(CALLERS)('%s', async (name, present, right) => {
    const isAllowed = name === 'an ADMIN' || name === 'an ADMIN within limits';
    expect(canAdminister(right)).toBe(isAllowed);
    const [caller, at] = [await medic(), await hospital()];
    if (present !== null) await membership(caller, at, present);
    const isFound = async (text: string) => (await ask(text, [caller, at])) !== undefined;
    const asked = `SELECT WHERE ${sql.canAdminister(sql.rightAt(CALLER, '$2::integer'))}`;
    expect(await isFound(asked)).toBe(isAllowed);
    expect(await isFound(`SELECT FROM ${sql.actingAdminshipHeld('$1', '$2')}`)).toBe(isAllowed);
    const rows = `FROM membership s WHERE s.medic_id = $1 AND s.hospital_id = $2`;
    expect(await isFound(`SELECT ${rows} AND ${sql.liveAdmin('s')}`)).toBe(isAllowed);
    expect(await isFound(`SELECT ${rows} AND ${sql.live('s')}`)).toBe(right !== null);
    const state = present?.[1] ?? 'deleted';
    expect(await isFound(`SELECT ${rows} AND ${sql.permanentAdmin('s')}`)).toBe(isAllowed && TIMES[state][1] === null);
    expect(await isFound(`SELECT ${rows} AND ${sql.unlimitedAdmin('s')}`)).toBe(isAllowed && state === 'live');
    expect(await isFound(`SELECT ${rows} AND ${sql.outOfForce('s')}`)).toBe(
      state === 'ended' || state === 'not started',
    );
  });

  test('the ADMIN of a deactivated account keeps the right, but cannot act', async () => {
    const [caller, at] = [await medic(false), await hospital()];
    await membership(caller, at, [ADMIN, LIVE]);
    expect(await ask(`SELECT ${sql.rightAt(CALLER, '$2::integer')} AS "right"`, [caller, at])).toEqual({
      right: ADMIN,
    });
    expect(await ask(`SELECT ${sql.actingRightAt(CALLER, '$2::integer')} AS "right"`, [caller, at])).toEqual({
      right: null,
    });
    expect(await ask(`SELECT true AS held FROM ${sql.actingAdminshipHeld('$1', '$2')}`, [caller, at])).toBeUndefined();
    const locked = await inTransaction(dataSource(), OPERATOR, (transaction) => sql.lockRight(transaction, caller, at));
    expect(locked).toBeNull();
  });
});

describe('showsHospital hides an inactive hospital from its MEMBERs, in TypeScript and in SQL', () => {
  test.each([
    [ADMIN, true, true],
    [ADMIN, false, true],
    [MEMBER, true, true],
    [MEMBER, false, false],
    [null, true, false],
    [null, false, false],
  ])('%s, hospital active %j: %j', async (right, isActive, isShown) => {
    expect(showsHospital(right, isActive)).toBe(isShown);
    const [caller, at] = [await medic(), await hospital(isActive)];
    if (right !== null) await membership(caller, at, [right, LIVE]);
    const shown = `SELECT FROM membership s JOIN hospital h ON h.id = s.hospital_id
      WHERE s.medic_id = $1 AND s.hospital_id = $2 AND ${sql.live('s')} AND ${sql.SHOWS_HOSPITAL}`;
    expect((await ask(shown, [caller, at])) !== undefined).toBe(isShown);
  });
});

describe('mayPrescribe and mayAdminister, in TypeScript and in SQL, at present and in the record', () => {
  const cases = ([ADMIN, MEMBER, null] as const).flatMap((right) =>
    [true, false].flatMap((isAccountActive) =>
      [true, false].map((isHospitalActive) => {
        const prescribes = right !== null && isAccountActive && isHospitalActive;
        return [right, isAccountActive, isHospitalActive, prescribes, right === ADMIN && isAccountActive] as const;
      }),
    ),
  );
  test.each(cases)(
    '%s, account active %j, hospital active %j: %j and %j',
    async (right, isAccountActive, isHospitalActive, prescribes, administers) => {
      const standing = { right, isAccountActive, isHospitalActive };
      expect([mayPrescribe(standing), mayAdminister(standing)]).toEqual([prescribes, administers]);
      const [medicId, at] = [await medic(isAccountActive), await hospital(isHospitalActive)];
      await membership(medicId, at, [right ?? ADMIN, right === null ? DELETED : LIVE]);
      const rows = `FROM membership s WHERE s.medic_id = $1 AND s.hospital_id = $2 AND ${sql.live('s')}`;
      const state = `json_build_object('type_membership', s.type, 'is_deleted', s.is_deleted)`;
      const past = { ...sql.standingBy(), right: sql.rightIn('r.state', 'now()') };
      const pastRows = `FROM membership s
        CROSS JOIN LATERAL (SELECT ${state} AS state) r WHERE s.medic_id = $1 AND s.hospital_id = $2`;
      const isFound = async (text: string) => (await ask(text, [medicId, at])) !== undefined;
      expect(await isFound(`SELECT ${rows} AND ${sql.mayPrescribe(sql.standingBy())}`)).toBe(prescribes);
      expect(await isFound(`SELECT ${rows} AND ${sql.mayAdminister(sql.standingBy())}`)).toBe(administers);
      expect(await isFound(`SELECT ${pastRows} AND ${sql.mayPrescribe(past)}`)).toBe(prescribes);
      expect(await isFound(`SELECT ${pastRows} AND ${sql.mayAdminister(past)}`)).toBe(administers);
    },
  );
});

describe('ownsMedic and mayChooseHospital allow the medic and its creator, in TypeScript and in SQL', () => {
  test.each([
    ['the medic', true],
    ['the creator', true],
    ['another medic of the creator', false],
    ['the creator of the creator', false],
    ['a stranger', false],
  ])('%s: %j', async (who, isAllowed) => {
    const top = await medic();
    const creatorId = await medic(true, top);
    const medicId = await medic(true, creatorId);
    const callers: Record<string, number> = {
      'the medic': medicId,
      'the creator': creatorId,
      'another medic of the creator': await medic(true, creatorId),
      'the creator of the creator': top,
    };
    const caller = callers[who] ?? (await medic());
    expect(ownsMedic(caller, { medicId, creatorId })).toBe(isAllowed);
    expect(mayChooseHospital(caller, { medicId, creatorId })).toBe(isAllowed);
    const owned = `SELECT FROM medic m WHERE ${sql.ownsMedic('$1', 'm')} AND m.id = $2`;
    expect((await ask(owned, [caller, medicId])) !== undefined).toBe(isAllowed);
  });

  test('nobody owns the medic that the operator created, apart from the medic', async () => {
    const [caller, medicId] = [await medic(), await medic()];
    expect(ownsMedic(caller, { medicId, creatorId: null })).toBe(false);
    expect(ownsMedic(medicId, { medicId, creatorId: null })).toBe(true);
  });
});

/** Who may see and remove a membership. */
const MEMBERSHIPS: readonly [
  name: string,
  caller: Membership | 'its medic' | null,
  present: Membership,
  maySee: boolean,
  mayRemove: boolean,
][] = [
  ['its medic, a MEMBER', 'its medic', [MEMBER, LIVE], true, true],
  ['its medic, an ADMIN', 'its medic', [ADMIN, LIVE], true, true],
  // A removed membership is seen by nobody but ADMINs; to its medic a second removal is a 404 and not a 401.
  ['its removed medic', 'its medic', [MEMBER, DELETED], false, true],
  ['its removed ADMIN', 'its medic', [ADMIN, DELETED], false, true],
  ['another ADMIN', [ADMIN, LIVE], [MEMBER, LIVE], true, true],
  ['another ADMIN, of a removed membership', [ADMIN, LIVE], [MEMBER, DELETED], true, true],
  ['another MEMBER', [MEMBER, LIVE], [MEMBER, LIVE], false, false],
  ['another MEMBER, of a removed membership', [MEMBER, LIVE], [MEMBER, DELETED], false, false],
  ['a removed ADMIN of the hospital', [ADMIN, DELETED], [MEMBER, LIVE], false, false],
  ['a stranger', null, [MEMBER, LIVE], false, false],
  ['its medic after the end', 'its medic', [MEMBER, 'ended'], false, true],
  ['its medic before the start', 'its medic', [MEMBER, 'not started'], false, true],
  ['its medic within the limits', 'its medic', [MEMBER, 'within'], true, true],
  ['another ADMIN, of a membership that has ended', [ADMIN, LIVE], [MEMBER, 'ended'], true, true],
  ['an ADMIN whose own membership has ended', [ADMIN, 'ended'], [MEMBER, LIVE], false, false],
];

describe('maySeeMembership and mayRemove, in TypeScript and in SQL', () => {
  test.each(MEMBERSHIPS)('%s', async (_, standing, present, isSeen, isRemoved) => {
    const [medicId, at] = [await medic(), await hospital()];
    const id = await membership(medicId, at, present);
    const caller = standing === 'its medic' ? medicId : await medic();
    if (standing !== null && standing !== 'its medic') await membership(caller, at, standing);
    const [type, state] = standing === 'its medic' ? present : (standing ?? [null, LIVE]);
    const right = isLive(state) ? type : null;
    expect(maySeeMembership(caller, { medicId, right, isLive: isLive(present[1]) })).toBe(isSeen);
    expect(mayRemove(caller, { medicId, right })).toBe(isRemoved);
    const seen = `SELECT FROM membership s WHERE s.id = $2 AND ${sql.seesMembership(CALLER, 's')}`;
    expect((await ask(seen, [caller, id])) !== undefined).toBe(isSeen);
  });
});

describe('mayAssign: a new membership or another type needs the right of an ADMIN', () => {
  const nameable = { isNameable: true };
  test.each([
    ['a medic chooses a hospital that it belongs to', { present: MEMBER, wanted: undefined, ...nameable }, true],
    ['a medic keeps its type', { present: ADMIN, wanted: ADMIN, ...nameable }, true],
    ['a medic raises itself', { present: MEMBER, wanted: ADMIN, ...nameable }, false],
    ['a medic lowers itself', { present: ADMIN, wanted: MEMBER, ...nameable }, false],
    ['a medic joins a hospital', { present: null, wanted: undefined, ...nameable }, false],
    ['a medic joins a hospital as MEMBER', { present: null, wanted: MEMBER, ...nameable }, false],
    ['a medic names a hidden hospital', { present: MEMBER, wanted: undefined, isNameable: false }, false],
  ])('%s: allowed without that right: %3$p', (_, assignment, isAllowed) => {
    expect(mayAssign(null, assignment)).toBe(isAllowed);
    expect(mayAssign(MEMBER, assignment)).toBe(isAllowed);
    expect(mayAssign(ADMIN, assignment)).toBe(true);
  });
});
