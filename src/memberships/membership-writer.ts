import { Injectable } from '@nestjs/common';
import { NotFound } from '../common/errors.js';
import { rowOf } from '../database/statements.js';
import type { Transaction } from '../database/transaction.js';
import {
  MEMBERSHIP_COLUMNS,
  toMembershipResponse,
  type MembershipResponse,
  type MembershipRow,
} from './dto/membership.response.js';
import type { MedicAccount, Right } from '../access/policy.js';
import { isAdmin, live, liveAdmin, rightAt } from '../access/rights.sql.js';
import type {
  MembershipContext,
  MembershipKey,
  MembershipState,
  OtherMemberships,
  StoredMembership,
} from './membership-rules.js';

/** @returns the medic's right at the hospital by a live membership, null without one */
export function liveTypeOf({ current }: MembershipContext): Right {
  return current?.isDeleted === false ? current.type : null;
}

/** @returns whether the medic has a membership at the hospital, live or deleted */
export function hasMembership(context: MembershipContext): context is MembershipContext<StoredMembership> {
  return context.current !== null;
}

/**
 * Locks, finds and stores memberships, inside a transaction that the caller has. Locks are always taken in
 * the order hospital, medic, memberships, so that no two writers wait for each other; what is found by a
 * statement that is sent after a lock is as the last holder of that lock left it.
 */
@Injectable()
export class MembershipWriter {
  /** Locks a hospital, before any medic and any membership is: its rights and its ADMINs stay as they are. */
  async lockHospital(transaction: Transaction, hospitalId: number): Promise<void> {
    await transaction.query('SELECT FROM hospital WHERE id = $1 FOR NO KEY UPDATE', [hospitalId]);
  }

  /**
   * As {@link lockHospital}, but leaves a hospital alone in which the caller is no ADMIN and the medic has no
   * live membership: nobody is to hold up those of a hospital that they have no right in.
   * @returns whether it is locked
   */
  async lockHospitalOf(
    transaction: Transaction,
    callerId: number,
    { medicId, hospitalId }: MembershipKey,
  ): Promise<boolean> {
    const rows = await transaction.query<{ isLocked: true | null }>(
      `SELECT CASE WHEN EXISTS (
           SELECT FROM membership r WHERE r.hospital_id = $1 AND ${live('r')}
             AND (r.medic_id = $3 OR (r.medic_id = $2 AND ${isAdmin('r')})))
         THEN (SELECT true FROM hospital WHERE id = $1 FOR NO KEY UPDATE) END AS "isLocked"`,
      [hospitalId, callerId, medicId],
    );
    return rowOf(rows).isLocked === true;
  }

  /**
   * Locks a medic: nobody else writes the medic's memberships until the transaction ends.
   * @returns the medic, or null where there is none
   */
  async lockMedic(transaction: Transaction, medicId: number): Promise<MedicAccount | null> {
    const [medic] = await transaction.query<MedicAccount>(
      'SELECT id AS "medicId", created_by_id AS "creatorId" FROM medic WHERE id = $1 FOR NO KEY UPDATE',
      [medicId],
    );
    return medic ?? null;
  }

  /**
   * Locks a medic as {@link lockMedic} does, and before that a hospital that the medic belongs to: its activity stays
   * as it is until the transaction ends.
   * @returns whether the medic has a live membership there; nothing is locked otherwise
   */
  async lockMember(transaction: Transaction, { medicId, hospitalId }: MembershipKey): Promise<boolean> {
    const rows = await transaction.query(
      `SELECT FROM hospital h JOIN membership s ON s.hospital_id = h.id JOIN medic m ON m.id = s.medic_id
       WHERE s.medic_id = $1 AND s.hospital_id = $2 AND ${live('s')}
       FOR SHARE OF h FOR NO KEY UPDATE OF m`,
      [medicId, hospitalId],
    );
    return rows.length > 0;
  }

  /** Locks the hospital and the medic of a membership. */
  async lockPair(transaction: Transaction, membershipId: number): Promise<void> {
    await transaction.query(`SELECT ${LOCKED_PAIR}`, [membershipId]);
  }

  /** @returns the context of a membership. @throws NotFound there is none with this id */
  async findContext(
    transaction: Transaction,
    callerId: number,
    membershipId: number,
  ): Promise<MembershipContext<StoredMembership>> {
    const [row] = await transaction.query<ContextRow>(CONTEXT_OF_MEMBERSHIP, [callerId, membershipId]);
    if (row === undefined) throw new NotFound();
    return toContext(row) as MembershipContext<StoredMembership>;
  }

  /** @returns the context of the membership of a medic at a hospital, or null if there is no such medic */
  async findContextOf(
    transaction: Transaction,
    callerId: number,
    key: MembershipKey,
  ): Promise<MembershipContext | null> {
    const [row] = await transaction.query<ContextRow>(CONTEXT_OF_KEY, [callerId, key.medicId, key.hospitalId]);
    return row === undefined ? null : toContext(row);
  }

  /**
   * Stores a new membership.
   * @param context that of a locked medic without a membership there
   * @returns its id
   * @throws MembershipAlreadyExists rule 1, by a constraint
   */
  async insert(
    transaction: Transaction,
    context: MembershipKey & OtherMemberships,
    next: MembershipState,
  ): Promise<number> {
    const [, created] = await Promise.all([
      this.makeRoom(transaction, context, next),
      transaction.query<{ id: number }>(
        `INSERT INTO membership (medic_id, hospital_id, type, is_active) VALUES ($1, $2, $3, $4) RETURNING id`,
        [context.medicId, context.hospitalId, next.type, next.isActive],
      ),
    ]);
    return rowOf(created).id;
  }

  /**
   * Stores how a membership becomes.
   * @param context that of a locked pair
   * @returns the membership as it is then
   */
  async update(
    transaction: Transaction,
    context: MembershipContext<StoredMembership>,
    next: MembershipState,
  ): Promise<MembershipResponse> {
    const [, rows] = await Promise.all([
      this.makeRoom(transaction, context, next),
      transaction.query<MembershipRow>(
        `UPDATE membership s SET type = $2, is_active = $3, is_deleted = $4 FROM medic m
         WHERE s.id = $1 AND m.id = s.medic_id RETURNING ${MEMBERSHIP_COLUMNS}`,
        [context.current.id, next.type, next.isActive, next.isDeleted],
      ),
    ]);
    return toMembershipResponse(rowOf(rows));
  }

  /** Clears a locked medic's choice of active hospital. */
  async clearChoice(transaction: Transaction, medicId: number): Promise<void> {
    await transaction.query(`UPDATE membership SET is_active = false WHERE medic_id = $1 AND is_active AND ${live()}`, [
      medicId,
    ]);
  }

  /** Rule 3: if this membership becomes the active one, the other one no longer is. */
  private async makeRoom(
    transaction: Transaction,
    context: MembershipKey & OtherMemberships,
    next: MembershipState,
  ): Promise<void> {
    if (next.isActive && !next.isDeleted && context.otherActive) await this.clearChoice(transaction, context.medicId);
  }
}

type ContextRow = Omit<MembershipContext, 'current'> & MembershipState & { readonly id: number | null };

function toContext({ id, type, isActive, isDeleted, ...row }: ContextRow): MembershipContext {
  return { ...row, current: id === null ? null : { id, type, isActive, isDeleted } };
}

/** The columns of a {@link ContextRow} for the caller $1, from `medic m`, perhaps a `membership s`, and the hospital. */
const contextColumns = (hospital: string) => `
  m.id AS "medicId", m.created_by_id AS "creatorId", ${hospital} AS "hospitalId",
  s.id, s.type, s.is_active AS "isActive", s.is_deleted AS "isDeleted", ${rightAt('$1::integer', hospital)} AS "right",
  EXISTS (SELECT FROM membership o
    WHERE o.medic_id = m.id AND o.hospital_id <> ${hospital} AND ${live('o')}) AS "otherLive",
  EXISTS (SELECT FROM membership o
    WHERE o.medic_id = m.id AND o.hospital_id <> ${hospital} AND o.is_active AND ${live('o')}) AS "otherActive",
  EXISTS (SELECT FROM membership o JOIN medic acting ON acting.id = o.medic_id AND acting.is_active
    WHERE o.hospital_id = ${hospital} AND o.medic_id <> m.id AND ${liveAdmin('o')}) AS "otherAdmin",
  (SELECT h.is_active FROM hospital h WHERE h.id = ${hospital}) AS "isHospitalActive"`;

const CONTEXT_OF_MEMBERSHIP = `SELECT ${contextColumns('s.hospital_id')}
  FROM membership s JOIN medic m ON m.id = s.medic_id WHERE s.id = $2`;

const CONTEXT_OF_KEY = `SELECT ${contextColumns('$3::integer')}
  FROM medic m LEFT JOIN membership s ON s.medic_id = m.id AND s.hospital_id = $3 WHERE m.id = $2`;

/** The hospital `h` and the medic `m` of the membership `s` with the id $1, locked in this order. */
export const LOCKED_PAIR = `FROM hospital h JOIN membership s ON s.hospital_id = h.id JOIN medic m ON m.id = s.medic_id
  WHERE s.id = $1 FOR NO KEY UPDATE OF h, m`;
