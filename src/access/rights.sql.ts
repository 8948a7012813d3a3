import type { Transaction } from '../database/transaction.js';
import type { Right } from './policy.js';

/**
 * The SQL of rights: no other file says which memberships are live, or are those of an ADMIN. The exceptions are the
 * entity and the migrations, which define the indexes, and the seed, which counts the rows that it creates. The planner
 * matches partial indexes by these conditions, and tests remove the locks by their text. The tests of `test/access` run
 * the fragments against their twins in `policy.ts` and `membership.ts`.
 */

/**
 * The clock of rights: one instant for all rows of a statement, taken when the statement arrived, so it is never older
 * than the request. A statement that follows a lock reads a clock that is younger than the lock.
 */
const NOW = 'statement_timestamp()';

/** @returns SQL for a membership that is not deleted, whatever its limits in time */
export function notDeleted(membership?: string): string {
  return `NOT ${columnOf(membership, 'is_deleted')}`;
}

/**
 * SQL for `isInForce` (section 14 of the contract): a membership without limits always is.
 * @param at SQL for an instant
 */
export function inForce(membership?: string, at = NOW): string {
  const [from, until] = [columnOf(membership, 'valid_from'), columnOf(membership, 'valid_until')];
  return `(${from} IS NULL OR ${from} <= ${at}) AND (${until} IS NULL OR ${until} > ${at})`;
}

/** @returns SQL for the opposite of {@link inForce}, with the condition of the index of limited memberships */
export function outOfForce(membership: string): string {
  return `(${membership}.valid_from IS NOT NULL OR ${membership}.valid_until IS NOT NULL) AND NOT (${inForce(membership)})`;
}

/** @returns SQL for a membership without limits in time, which no clock ends */
export function unlimited(membership: string): string {
  return `${membership}.valid_from IS NULL AND ${membership}.valid_until IS NULL`;
}

/**
 * SQL for `isLive`: a membership is live while it is in force and not deleted (sections 2 and 14 of the contract).
 * @param at SQL for an instant
 */
export function live(membership?: string, at = NOW): string {
  return `${notDeleted(membership)} AND ${inForce(membership, at)}`;
}

/** @returns SQL for `isUpcoming`: a membership that has not started yet, unless it is deleted */
export function upcoming(membership?: string): string {
  const from = columnOf(membership, 'valid_from');
  return `${notDeleted(membership)} AND ${from} IS NOT NULL AND ${from} > ${NOW}`;
}

function columnOf(membership: string | undefined, column: string): string {
  return membership === undefined ? column : `${membership}.${column}`;
}

/** @returns SQL for a membership of type ADMIN, live or deleted */
export function isAdmin(membership: string): string {
  return `${membership}.type = 'ADMIN'`;
}

/** @returns SQL for the live membership of an ADMIN */
export function liveAdmin(membership: string): string {
  return `${isAdmin(membership)} AND ${live(membership)}`;
}

/** @returns SQL for `isPermanentAdmin`: the live membership of an ADMIN that has no end, so that rule 2 may rely on it */
export function permanentAdmin(membership: string): string {
  return `${liveAdmin(membership)} AND ${membership}.valid_until IS NULL`;
}

/** @returns SQL for the membership of an ADMIN without limits in time */
export function unlimitedAdmin(membership: string): string {
  return `${isAdmin(membership)} AND ${notDeleted(membership)} AND ${unlimited(membership)}`;
}

/** SQL for `canAdminister`. @param right SQL for a right, such as {@link rightAt} */
export function canAdminister(right: string): string {
  return `${right} = 'ADMIN'`;
}

/**
 * @param medic, hospital SQL for their ids
 * @returns SQL for the medic's right at the hospital by a live membership, null without one
 */
export function rightAt(medic: string, hospital: string): string {
  return `(SELECT r.type FROM membership r
    WHERE r.medic_id = ${medic} AND r.hospital_id = ${hospital} AND ${live('r')})`;
}

/**
 * The same as {@link rightAt}, while the medic's account is active: the account may be closed after the key was checked.
 * @param medic, hospital SQL for their ids
 */
export function actingRightAt(medic: string, hospital: string): string {
  return `(SELECT r.type FROM membership r JOIN medic acting ON acting.id = r.medic_id AND acting.is_active
    WHERE r.medic_id = ${medic} AND r.hospital_id = ${hospital} AND ${live('r')})`;
}

/** SQL for `showsHospital`: the live membership `s` shows the hospital `h` to its medic. */
export const SHOWS_HOSPITAL = `(h.is_active OR ${isAdmin('s')})`;

/** SQL for `ownsMedic`. @param caller SQL for an id. @param medic alias of a medic */
export function ownsMedic(caller: string, medic: string): string {
  return `(${medic}.id = ${caller} OR ${medic}.created_by_id = ${caller})`;
}

/** SQL for `maySeeMembership`. @param caller SQL for an id. @param membership alias of a membership */
export function seesMembership(caller: string, membership: string): string {
  return `((${membership}.medic_id = ${caller} AND ${live(membership)}) OR ${canAdminister(rightAt(caller, `${membership}.hospital_id`))})`;
}

/** SQL for a `Standing`: a text that is null without a right, and two booleans. */
export interface StandingSql {
  readonly right: string;
  readonly isAccountActive: string;
  readonly isHospitalActive: string;
}

/**
 * The standing by a live membership `s`.
 * @param medic, hospital SQL for the ids of its medic and its hospital
 */
export function standingBy(medic = 's.medic_id', hospital = 's.hospital_id'): StandingSql {
  return {
    right: 's.type',
    isAccountActive: isActive('medic', medic),
    isHospitalActive: isActive('hospital', hospital),
  };
}

/**
 * SQL for the activity of the medic or the hospital of a membership, whose foreign keys guarantee that the row exists.
 * Few rows are inactive, so their index is small and remains in the caches of the processor, while the row itself would
 * be read from a different page each time. It is a scalar subquery, because PostgreSQL may plan `NOT EXISTS` as a join
 * that reads all inactive rows.
 */
function isActive(table: 'medic' | 'hospital', id: string): string {
  return `((SELECT i.id FROM ${table} i WHERE i.id = ${id} AND NOT i.is_active) IS NULL)`;
}

/** SQL for `mayPrescribe`. */
export function mayPrescribe({ right, isAccountActive, isHospitalActive }: StandingSql): string {
  return `(${right} IS NOT NULL AND ${isAccountActive} AND ${isHospitalActive})`;
}

/** SQL for `mayAdminister`. */
export function mayAdminister({ right, isAccountActive }: StandingSql): string {
  return `(${canAdminister(right)} AND ${isAccountActive})`;
}

/**
 * @param state SQL for the JSON of a membership's state in the record
 * @param at SQL for the instant that the state is looked at
 * @returns SQL for the right that it gave
 */
export function rightIn(state: string, at: string): string {
  const limit = (name: string) => `(${state} ->> '${name}')::timestamptz`;
  return `(CASE WHEN ${state} ->> 'is_deleted' = 'false' AND COALESCE(${limit('valid_from')} <= ${at}, true)
    AND COALESCE(${limit('valid_until')} > ${at}, true) THEN ${state} ->> 'type_membership' END)`;
}

/**
 * @param medic, hospital SQL for their ids
 * @param which SQL for the memberships that count. A single statement that waits for locks reads its clock before them,
 *   and therefore accepts only {@link unlimitedAdmin}.
 * @returns SQL that ends a `FROM`: the live membership `r` by which the medic, whose account is active, is an ADMIN of
 *   the hospital. The locks keep both until the transaction ends, and read them as they are now, even if the snapshot
 *   of the statement is older.
 */
export function actingAdminshipHeld(medic: string, hospital: string, which = liveAdmin): string {
  return `membership r JOIN medic acting ON acting.id = r.medic_id AND acting.is_active
    WHERE r.medic_id = ${medic} AND r.hospital_id = ${hospital}
    AND ${which('r')} FOR SHARE OF acting, r`;
}

/** Ends a subquery whose rows are locked: what is asked about them outside is then asked after the wait for the locks. */
export const AFTER_LOCKS = 'OFFSET 0';

/** SQL for a locked membership `held` that is in force after the wait for its lock as well, see {@link AFTER_LOCKS}. */
export const STILL_IN_FORCE = inForce('held', 'clock_timestamp()');

/**
 * Reads a medic's right at a hospital and keeps it until the transaction ends: a writer that removes it waits, and a
 * right that has just been removed, or that ended during the wait, is not found.
 * @returns null if the medic has no live membership there, or the account has been closed
 */
export async function lockRight(transaction: Transaction, medicId: number, hospitalId: number): Promise<Right> {
  const [membership] = await transaction.query<{ type: Right }>(
    `SELECT held.type FROM (
        SELECT r.type, r.valid_from, r.valid_until
        FROM membership r JOIN medic acting ON acting.id = r.medic_id AND acting.is_active
        WHERE r.medic_id = $1 AND r.hospital_id = $2 AND ${live('r')} FOR SHARE OF acting, r ${AFTER_LOCKS}) held
      WHERE ${STILL_IN_FORCE}`,
    [medicId, hospitalId],
  );
  return membership?.type ?? null;
}
