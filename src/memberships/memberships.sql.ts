import { canAdminister, inForce, live, liveAdmin, outOfForce, rightAt, seesMembership } from '../access/rights.sql.js';
import { liveCaller } from '../auth/callers.reader.js';
import { CALLER, Prefetchable, PrefetchableRow, SUBJECT } from '../auth/prefetch.js';
import type { ListSql, RowOfPage } from '../database/page.js';
import { ON_PRIMARY } from '../database/standby.js';
import { MEMBERSHIP_COLUMNS, type MembershipRow } from './dto/membership.response.js';

/** Number of rows per batch when a whole list is streamed. */
export const BATCH = 500;

/** The tables of a {@link MembershipRow}. */
export const SOURCE = 'membership s JOIN medic m ON m.id = s.medic_id';

/** A membership that the caller sees: the own while it is live, and any of a hospital that the caller administers. */
export const VISIBLE_MEMBERSHIP = new PrefetchableRow<MembershipRow>(
  `SELECT ${MEMBERSHIP_COLUMNS} FROM ${SOURCE} WHERE s.id = ${SUBJECT} AND ${seesMembership(CALLER, 's')}`,
  'id',
);

const listOf = (scope: string): ListSql => ({
  columns: MEMBERSHIP_COLUMNS,
  source: SOURCE,
  id: 's.id',
  from: `FROM membership s WHERE ${scope}`,
});

/** @param medic SQL for an id. @returns the live memberships of the medic, by id */
export const ownMemberships = (medic: string): ListSql => listOf(`s.medic_id = ${medic} AND ${live('s')}`);

/** The first page of {@link ownMemberships} without filters. */
export const FIRST_OWN_PAGE = new Prefetchable<RowOfPage<MembershipRow>>('count');

/** Which memberships a list has by their limits in time: those in force, the others, or both. */
export type Time = 'in force' | 'out of force' | 'any';

/** The condition of each {@link Time}. Their texts differ, so that each gets a plan of its own. */
const IS_OF: Readonly<Record<Time, (membership: string) => string>> = {
  'in force': (membership) => ` AND ${inForce(membership)}`,
  'out of force': (membership) => ` AND ${outOfForce(membership)}`,
  any: () => '',
};

function forEachTime<T>(of: (isOf: (membership: string) => string) => T): Readonly<Record<Time, T>> {
  return { 'in force': of(IS_OF['in force']), 'out of force': of(IS_OF['out of force']), any: of(IS_OF.any) };
}

/**
 * @param in_force the filter; without it, memberships that are not deleted have to be in force
 * @returns the memberships that a query lists
 */
export function timeOf({
  is_deleted = false,
  in_force,
}: {
  is_deleted?: boolean;
  in_force?: boolean | undefined;
}): Time {
  const isInForce = in_force ?? (is_deleted ? undefined : true);
  if (isInForce === undefined) return 'any';
  return isInForce ? 'in force' : 'out of force';
}

/** Parameters: medic, whether deleted, and the filters, which are null if absent: hospital, type, whether active. */
const filtered = (scope: string, isOf: string) =>
  listOf(`${scope} AND s.is_deleted = $2${isOf}
    AND ($3::integer IS NULL OR s.hospital_id = $3) AND ($4::text IS NULL OR s.type = $4)
    AND ($5::boolean IS NULL OR s.is_active = $5)`);

export const OWN_FILTERED = forEachTime((isOf) => filtered(`s.medic_id = $1 AND ${live('s')}`, isOf('s')));

/** Hospitals that `$1` is a live ADMIN of. */
const ADMINISTERED = `SELECT a.hospital_id FROM membership a
  WHERE a.medic_id = $1 AND ${liveAdmin('a')} AND ${ON_PRIMARY}`;

/**
 * Memberships of the hospitals that the caller administers. The index lists the ids of each hospital in order for each
 * state (deleted, type, active), with the limits in time. The first ids of the list are among the first ids of these
 * groups, so the cost depends on the slice, not on the size of the hospitals. Those out of force, of which there are few,
 * have an index of their own.
 */
export const MANAGED: Readonly<Record<Time, ListSql>> = {
  ...forEachTime((isOf) => ({
    ...filtered(`s.hospital_id IN (${ADMINISTERED})`, isOf('s')),
    firstIds: (count: string) => `FROM (${ADMINISTERED} AND ($3::integer IS NULL OR a.hospital_id = $3)) a
    CROSS JOIN (VALUES ('ADMIN'), ('MEMBER')) kind (type) CROSS JOIN (VALUES (true), (false)) flag (is_active)
    CROSS JOIN LATERAL (SELECT o.id FROM membership o
      WHERE o.hospital_id = a.hospital_id AND o.is_deleted = $2 AND o.type = kind.type AND o.is_active = flag.is_active${isOf('o')}
      ORDER BY o.id LIMIT ${count}) s
    WHERE ($4::text IS NULL OR kind.type = $4) AND ($5::boolean IS NULL OR flag.is_active = $5)`,
  })),
  'out of force': filtered(`s.hospital_id IN (${ADMINISTERED})`, IS_OF['out of force']('s')),
};

/** A position after every membership. The subqueries hide the values from the planner, see {@link newestBefore}. */
const LAST = { date: "(SELECT timestamptz 'infinity')", id: '(SELECT 2147483647)' };

/**
 * The first page also has the comparison, although it is always true there: it makes PostgreSQL read the index in
 * order, whatever values the plan was made for, so the cost does not depend on the rows that follow.
 */
const newestBefore = (date: string, id: string, scope: string, limit: string) =>
  `SELECT ${MEMBERSHIP_COLUMNS} FROM ${SOURCE} WHERE ${scope} AND (s.date_joined, s.id) < (${date}, ${id})
  ORDER BY s.date_joined DESC, s.id DESC LIMIT ${limit}`;

/**
 * @param hospital, limit SQL for an id and an upper bound
 * @param right SQL for the caller's right there
 * @returns SQL for the newest live memberships of the hospital if the caller administers it
 */
export const newestOfHospital = (hospital: string, right: string, limit: string) =>
  newestBefore(LAST.date, LAST.id, `${canAdminister(right)} AND s.hospital_id = ${hospital} AND ${live('s')}`, limit);

/** All live memberships of a hospital that the caller administers, newest first. */
export const LIVE_OF_HOSPITAL = new Prefetchable<MembershipRow>('id');

/** Parameters: hospital, whether deleted, type or null. */
const filteredOfHospital = (isOf: string) =>
  `s.hospital_id = $1 AND s.is_deleted = $2${isOf} AND ($3::text IS NULL OR s.type = $3)`;

/** A slice of a hospital's memberships, newest first. The access guard has checked the right. */
export const NEWEST = forEachTime((isOf) =>
  newestBefore(LAST.date, LAST.id, filteredOfHospital(isOf('s')), '$4 OFFSET $5'),
);

/**
 * The batch after the row of `$5` and `$6`, if the key `$4` is live and belongs to an ADMIN. No row means that it is
 * not; a row of nulls means that the list has ended.
 */
export const NEXT_BATCH = forEachTime(
  (isOf) => `SELECT list.* FROM (SELECT ${rightAt('caller.id', '$1')} AS "right" ${liveCaller('$4')}) holder
  LEFT JOIN LATERAL (${newestBefore('$5::timestamptz', '$6::integer', filteredOfHospital(isOf('s')), String(BATCH))}) list
    ON true
  WHERE ${canAdminister('holder."right"')} ORDER BY list.date_joined DESC, list.id DESC`,
);
