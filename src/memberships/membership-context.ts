import { actingRightAt, live, notDeleted, permanentAdmin, upcoming } from '../access/rights.sql.js';
import type { MembershipContext, MembershipState } from './membership.js';

/** A {@link MembershipContext} as it is read. */
export type ContextRow = Omit<MembershipContext, 'current' | 'firstToStart'> &
  MembershipState & {
    /** Null if the medic has no membership at the hospital; then the columns of the membership are null as well. */
    readonly id: number | null;
    /** The columns of the other membership that starts first; all are null if none starts. */
    readonly firstId: number | null;
    readonly firstFrom: string | null;
    readonly firstIsActive: boolean | null;
  };

/** @returns the context of a row */
export function toContext(row: ContextRow): MembershipContext {
  const { id, type, isActive, isDeleted, validFrom, validUntil, firstId, firstFrom, firstIsActive, ...facts } = row;
  return {
    ...facts,
    current: id === null ? null : { id, type, isActive, isDeleted, validFrom, validUntil },
    firstToStart:
      firstId === null || firstFrom === null
        ? null
        : { id: firstId, validFrom: firstFrom, isActive: firstIsActive === true },
  };
}

/**
 * The columns of a {@link ContextRow} for the caller $1, from `medic m`, perhaps a `membership s`,
 * {@link startingBeside}, and the hospital.
 */
const contextColumns = (hospital: string) => `
  m.id AS "medicId", m.created_by_id AS "creatorId", ${hospital} AS "hospitalId",
  s.id, s.type, s.is_active AS "isActive", s.is_deleted AS "isDeleted", s.valid_from AS "validFrom",
  s.valid_until AS "validUntil", ${actingRightAt('$1::integer', hospital)} AS "right", statement_timestamp() AS now,
  EXISTS (SELECT FROM membership o
    WHERE o.medic_id = m.id AND o.hospital_id <> ${hospital} AND ${live('o')}) AS "otherLive",
  EXISTS (SELECT FROM membership o
    WHERE o.medic_id = m.id AND o.hospital_id <> ${hospital} AND o.is_active AND ${live('o')}) AS "otherActive",
  EXISTS (SELECT FROM membership o
    WHERE o.medic_id = m.id AND o.hospital_id <> ${hospital} AND o.is_active AND ${notDeleted('o')}) AS "otherFlagged",
  starting."otherWaiting", starting."firstId", starting."firstFrom", starting."firstIsActive",
  EXISTS (SELECT FROM membership o JOIN medic acting ON acting.id = o.medic_id AND acting.is_active
    WHERE o.hospital_id = ${hospital} AND o.medic_id <> m.id AND ${permanentAdmin('o')}) AS "otherAdmin",
  (SELECT h.is_active FROM hospital h WHERE h.id = ${hospital}) AS "isHospitalActive"`;

/** @returns SQL that ends a `FROM` with `medic m`: its other memberships that have not started yet, in one row */
const startingBeside = (hospital: string) => `CROSS JOIN LATERAL (
  SELECT COALESCE(bool_or(o.is_active), false) AS "otherWaiting",
    (array_agg(o.id ORDER BY o.valid_from, o.id))[1] AS "firstId", min(o.valid_from) AS "firstFrom",
    (array_agg(o.is_active ORDER BY o.valid_from, o.id))[1] AS "firstIsActive"
  FROM membership o WHERE o.medic_id = m.id AND o.hospital_id <> ${hospital} AND ${upcoming('o')}) starting`;

/** The context of the membership $2. */
export const CONTEXT_OF_MEMBERSHIP = `SELECT ${contextColumns('s.hospital_id')}
  FROM membership s JOIN medic m ON m.id = s.medic_id ${startingBeside('s.hospital_id')} WHERE s.id = $2`;

const contextsAt = (medics: string) => `SELECT ${contextColumns('$3::integer')}
  FROM medic m LEFT JOIN membership s ON s.medic_id = m.id AND s.hospital_id = $3
  ${startingBeside('$3::integer')} WHERE ${medics}`;

/** The context of the medic $2 at the hospital $3. */
export const CONTEXT_OF_KEY = contextsAt('m.id = $2');

/** The contexts of the medics $2 at the hospital $3. */
export const CONTEXTS_OF_MEDICS = contextsAt('m.id = ANY ($2::integer[])');
