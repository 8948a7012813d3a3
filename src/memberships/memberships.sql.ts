import { canAdminister, inForce, live, liveAdmin, outOfForce, rightAt, seesMembership } from '../access/rights.sql.js';
import { liveCaller } from '../auth/callers.reader.js';
import { CALLER, Prefetchable, PrefetchableRow, SUBJECT } from '../auth/prefetch.js';
import type { ListSql, RowOfPage } from '../database/page.js';
import { ON_PRIMARY } from '../database/standby.js';
import { MEMBERSHIP_COLUMNS, type MembershipRow } from './dto/membership.response.js';

/** Number of rows per batch when a whole list is streamed. */
export const MEMBERSHIPS_BATCH = 500;

/** The tables of a {@link MembershipRow}. */
export const SOURCE = 'membership s JOIN medic m ON m.id = s.medic_id';

/** A membership that the caller sees: the own while it is live, and any of a hospital that the caller administers. */
export const VISIBLE_MEMBERSHIP = new PrefetchableRow<MembershipRow>(
  `SELECT ${MEMBERSHIP_COLUMNS} FROM ${SOURCE} WHERE s.id = ${SUBJECT} AND ${seesMembership(CALLER, 's')}`,
  'id',
);

const listFrom = (from: string): ListSql => ({ columns: MEMBERSHIP_COLUMNS, source: SOURCE, id: 's.id', from });

const listOf = (scope: string) => listFrom(`FROM membership s WHERE ${scope}`);

/** @param medic SQL for an id. @returns the live memberships of the medic, by id */
export const ownMemberships = (medic: string): ListSql => listOf(`s.medic_id = ${medic} AND ${live('s')}`);

/** The first page of {@link ownMemberships} without filters. */
export const FIRST_OWN_PAGE = new Prefetchable<RowOfPage<MembershipRow>>('count');

/** Which memberships a list has by their validity: those in force, the others, or both. */
export type Validity = 'in force' | 'out of force' | 'any';

/** The condition of each {@link Validity}. Their texts differ, so that each gets a plan of its own. */
const CONDITIONS: Readonly<Record<Validity, (membership: string) => string>> = {
  'in force': (membership) => ` AND ${inForce(membership)}`,
  'out of force': (membership) => ` AND ${outOfForce(membership)}`,
  any: () => '',
};

function forEachValidity<T>(of: (condition: (membership: string) => string) => T): Readonly<Record<Validity, T>> {
  return {
    'in force': of(CONDITIONS['in force']),
    'out of force': of(CONDITIONS['out of force']),
    any: of(CONDITIONS.any),
  };
}

/**
 * @param in_force the filter; without it, memberships that are not deleted have to be in force
 * @returns the memberships that a query lists
 */
export function validityOf({
  is_deleted = false,
  in_force,
}: {
  is_deleted?: boolean;
  in_force?: boolean | undefined;
}): Validity {
  const isInForce = in_force ?? (is_deleted ? undefined : true);
  if (isInForce === undefined) return 'any';
  return isInForce ? 'in force' : 'out of force';
}

/** Parameters: medic, whether deleted, and the filters, which are null if absent: hospital, type, whether active. */
const filtered = (scope: string, condition: string) =>
  listOf(`${scope} AND s.is_deleted = $2${condition}
    AND ($3::integer IS NULL OR s.hospital_id = $3) AND ($4::text IS NULL OR s.type = $4)
    AND ($5::boolean IS NULL OR s.is_active = $5)`);

/** A medic's own memberships that are not in force are not live: the list is empty, and reads no rows. */
export const OWN_FILTERED: Readonly<Record<Validity, ListSql>> = {
  ...forEachValidity((condition) => filtered(`s.medic_id = $1 AND ${live('s')}`, condition('s'))),
  'out of force': filtered('s.medic_id = $1', ' AND false'),
};

/** Hospitals that `$1` is a live ADMIN of. */
const ADMINISTERED = `SELECT a.hospital_id FROM membership a
  WHERE a.medic_id = $1 AND ${liveAdmin('a')} AND ${ON_PRIMARY}`;

/** The hospitals `a` of {@link ADMINISTERED} that match the filter. */
const ADMINISTERED_FILTERED = `(${ADMINISTERED} AND ($3::integer IS NULL OR a.hospital_id = $3)) a`;

/**
 * Memberships of the hospitals that the caller administers. The index lists the ids of each hospital in order for each
 * state (deleted, type, active), with the limits in time. The first ids of the list are among the first ids of these
 * groups, so the cost depends on the slice, not on the size of the hospitals.
 *
 * For those out of force the cost depends on how many memberships with limits the hospitals have: ended ones stay, so
 * they may be many, but the memberships without limits are never read. OFFSET 0 stops the planner from reading all
 * memberships of the database by id instead.
 */
export const MANAGED: Readonly<Record<Validity, ListSql>> = {
  ...forEachValidity((condition) => ({
    ...filtered(`s.hospital_id IN (${ADMINISTERED})`, condition('s')),
    firstIds: (count: string) => `FROM ${ADMINISTERED_FILTERED}
    CROSS JOIN (VALUES ('ADMIN'), ('MEMBER')) kind (type) CROSS JOIN (VALUES (true), (false)) flag (is_active)
    CROSS JOIN LATERAL (SELECT o.id FROM membership o
      WHERE o.hospital_id = a.hospital_id AND o.is_deleted = $2 AND o.type = kind.type AND o.is_active = flag.is_active${condition('o')}
      ORDER BY o.id LIMIT ${count}) s
    WHERE ($4::text IS NULL OR kind.type = $4) AND ($5::boolean IS NULL OR flag.is_active = $5)`,
  })),
  'out of force': listFrom(`FROM ${ADMINISTERED_FILTERED}
    CROSS JOIN LATERAL (SELECT o.id FROM membership o
      WHERE o.hospital_id = a.hospital_id AND o.is_deleted = $2${CONDITIONS['out of force']('o')}
        AND ($4::text IS NULL OR o.type = $4) AND ($5::boolean IS NULL OR o.is_active = $5) OFFSET 0) s`),
};

/** Hides a value from the planner, see {@link newestBefore}. */
const hidden = (value: string) => `(SELECT ${value})`;

/** SQL for {@link MEMBERSHIPS_BATCH} as a limit that the planner does not know, see {@link newestBefore}. */
export const LIMIT_OF_BATCH = hidden(String(MEMBERSHIPS_BATCH));

/** A position after every membership. */
const LAST = { date: hidden(`timestamptz 'infinity'`), id: hidden('2147483647') };

/**
 * The first page also has the comparison, although it is always true there: it makes PostgreSQL read the index in
 * order, whatever values the plan was made for, so the cost does not depend on the rows that follow. A constant limit is
 * hidden: an average hospital has fewer memberships, so the planner would read and sort all those of a huge one each
 * time.
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
  newestBefore(
    LAST.date,
    LAST.id,
    `${canAdminister(right)} AND s.hospital_id = ${hospital} AND ${live('s')}`,
    hidden(limit),
  );

/** All live memberships of a hospital that the caller administers, newest first. */
export const LIVE_OF_HOSPITAL = new Prefetchable<MembershipRow>('id');

/** Parameters: hospital, whether deleted, type or null. */
const filteredOfHospital = (condition: string) =>
  `s.hospital_id = $1 AND s.is_deleted = $2${condition} AND ($3::text IS NULL OR s.type = $3)`;

/** A slice of a hospital's memberships, newest first. The access guard has checked the right. */
export const NEWEST = forEachValidity((condition) =>
  newestBefore(LAST.date, LAST.id, filteredOfHospital(condition('s')), '$4 OFFSET $5'),
);

/**
 * The batch after the row of `$5` and `$6`, if the key `$4` is live and belongs to an ADMIN. No row means that it is
 * not; a row of nulls means that the list has ended.
 */
export const NEXT_BATCH = forEachValidity(
  (condition) => `SELECT list.* FROM (SELECT ${rightAt('caller.id', '$1')} AS "right" ${liveCaller('$4')}) holder
  LEFT JOIN LATERAL (${newestBefore('$5::timestamptz', '$6::integer', filteredOfHospital(condition('s')), LIMIT_OF_BATCH)}) list
    ON true
  WHERE ${canAdminister('holder."right"')} ORDER BY list.date_joined DESC, list.id DESC`,
);
