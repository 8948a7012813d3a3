import { isInForce } from '../../src/access/policy.js';
import * as sql from '../../src/access/rights.sql.js';
import { isLive, isPermanentAdmin, type MembershipState } from '../../src/memberships/membership.js';
import { isUpcoming } from '../../src/memberships/waiting-flag.js';
import { MembershipType } from '../../src/memberships/membership.entity.js';
import { TIMES, useRows, type State } from './rows.js';

const { ADMIN, MEMBER } = MembershipType;
const { ask, medic, hospital, membership } = useRows();

/** Whether a membership is in force, and live; and whether an ADMIN's has no end, and neither start nor end. */
const STATES: Readonly<
  Record<State, readonly [inForce: boolean, live: boolean, permanent: boolean, unlimited: boolean]>
> = {
  live: [true, true, true, true],
  deleted: [true, false, false, false],
  started: [true, true, true, false],
  within: [true, true, false, false],
  ended: [false, false, false, false],
  'not started': [false, false, false, false],
};

const CASES = [ADMIN, MEMBER].flatMap((type) => (Object.keys(TIMES) as State[]).map((state) => [type, state] as const));

describe('isInForce, isLive, isUpcoming and isPermanentAdmin agree with their SQL', () => {
  test.each(CASES)('%s, %s', async (type, state) => {
    const [inForce, live, permanent, unlimited] = STATES[state];
    const id = await membership(await medic(), await hospital(), [type, state]);
    const row = await ask<MembershipState & { now: string }>(
      `SELECT type, is_active AS "isActive", is_deleted AS "isDeleted", valid_from AS "validFrom",
         valid_until AS "validUntil", statement_timestamp() AS now FROM membership WHERE id = $1`,
      [id],
    );
    if (row === undefined) throw new Error('The membership exists.');
    expect([isInForce, isLive, isUpcoming, isPermanentAdmin].map((decide) => decide(row, row.now))).toEqual([
      inForce,
      live,
      state === 'not started',
      permanent && type === ADMIN,
    ]);
    const isFound = async (condition: string) =>
      (await ask(`SELECT FROM membership s WHERE s.id = $1 AND ${condition}`, [id])) !== undefined;
    expect({
      inForce: await isFound(sql.inForce('s')),
      outOfForce: await isFound(sql.outOfForce('s')),
      notDeleted: await isFound(sql.notDeleted('s')),
      live: await isFound(sql.live('s')),
      upcoming: await isFound(sql.upcoming('s')),
      notUpcoming: await isFound(`NOT (${sql.upcoming('s')})`),
      isAdmin: await isFound(sql.isAdmin('s')),
      liveAdmin: await isFound(sql.liveAdmin('s')),
      permanentAdmin: await isFound(sql.permanentAdmin('s')),
      unlimitedAdmin: await isFound(sql.unlimitedAdmin('s')),
    }).toEqual({
      inForce,
      outOfForce: !inForce,
      notDeleted: state !== 'deleted',
      live,
      upcoming: state === 'not started',
      notUpcoming: state !== 'not started',
      isAdmin: type === ADMIN,
      liveAdmin: live && type === ADMIN,
      permanentAdmin: permanent && type === ADMIN,
      unlimitedAdmin: unlimited && type === ADMIN,
    });
  });
});
