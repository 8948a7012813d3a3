import { Injectable } from '@nestjs/common';
import type { MedicAccount } from '../access/policy.js';
import { isAdmin, live } from '../access/rights.sql.js';
import { NotFound } from '../common/errors.js';
import { rowOf } from '../database/statements.js';
import type { Transaction } from '../database/transaction.js';
import { Hospital } from '../hospitals/hospital.entity.js';
import { Medic } from '../medics/medic.entity.js';
import { insertedMembership, MEMBERSHIP_COLUMNS, type MembershipRow } from './dto/membership.response.js';
import { flagMoveOf, writeWithFlags } from './flag-moves.js';
import type {
  MembershipContext,
  MembershipKey,
  MembershipState,
  OtherMemberships,
  StoredMembership,
} from './membership.js';
import {
  CONTEXT_OF_KEY,
  CONTEXT_OF_MEMBERSHIP,
  CONTEXTS_OF_MEDICS,
  toContext,
  type ContextRow,
} from './membership-context.js';
import { Membership } from './membership.entity.js';

/**
 * Locks, reads and writes memberships in the caller's transaction. Every writer locks the hospital, then the medic, then
 * the memberships. A statement that is sent after a lock sees the changes of the lock's last holder.
 */
@Injectable()
export class MembershipWriter {
  /**
   * Locks a hospital, before any medic or membership: the rights there and its ADMINs cannot change.
   * @returns whether the hospital exists
   */
  async lockHospital(transaction: Transaction, hospitalId: number): Promise<boolean> {
    const found = await transaction.execute(
      transaction
        .createQueryBuilder(Hospital, 'hospital')
        .select('hospital.id', 'id')
        .where({ id: hospitalId })
        .setLock('for_no_key_update'),
    );
    return found.length > 0;
  }

  /**
   * Like {@link lockHospital}, but skips the lock for outsiders, so that they cannot block the hospital's members. An
   * outsider is a caller who is not an ADMIN there, on behalf of a medic who has no live membership there.
   * @returns whether the hospital is locked
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
   * Locks a medic: until the transaction ends, nobody else writes the medic's memberships.
   * @returns the medic, or null if there is none
   */
  async lockMedic(transaction: Transaction, medicId: number): Promise<(MedicAccount & Pick<Medic, 'isActive'>) | null> {
    const [medic] = await transaction.execute<MedicAccount & Pick<Medic, 'isActive'>>(
      transaction
        .createQueryBuilder(Medic, 'medic')
        .select('medic.id', 'medicId')
        .addSelect('medic.createdById', 'creatorId')
        .addSelect('medic.isActive', 'isActive')
        .where({ id: medicId })
        .setLock('for_no_key_update'),
    );
    return medic ?? null;
  }

  /**
   * Locks a medic like {@link lockMedic}, and before that shares a hospital that the medic belongs to, which keeps it
   * active, or inactive, until the transaction ends.
   * @returns whether the account is active, or null if the medic has no live membership there, and nothing is locked
   */
  async lockMember(transaction: Transaction, { medicId, hospitalId }: MembershipKey): Promise<boolean | null> {
    // TypeORM knows one lock mode per statement.
    const [medic] = await transaction.query<Pick<Medic, 'isActive'>>(
      `SELECT m.is_active AS "isActive"
       FROM hospital h JOIN membership s ON s.hospital_id = h.id JOIN medic m ON m.id = s.medic_id
       WHERE s.medic_id = $1 AND s.hospital_id = $2 AND ${live('s')}
       FOR SHARE OF h FOR NO KEY UPDATE OF m`,
      [medicId, hospitalId],
    );
    return medic?.isActive ?? null;
  }

  /** Locks the hospital `h`, then the medic `m` of a membership: PostgreSQL locks in the order of this list. */
  async lockPair(transaction: Transaction, membershipId: number): Promise<void> {
    await transaction.execute(
      transaction
        .createQueryBuilder(Membership, 's')
        .select('s.id', 'id')
        .innerJoin('s.hospital', 'h')
        .innerJoin('s.medic', 'm')
        .where({ id: membershipId })
        .setLock('for_no_key_update', undefined, ['h', 'm']),
    );
  }

  /**
   * @returns the context of a membership
   * @throws NotFound there is no membership with this id
   */
  async findContext(
    transaction: Transaction,
    callerId: number,
    membershipId: number,
  ): Promise<MembershipContext<StoredMembership>> {
    const [row] = await transaction.query<ContextRow>(CONTEXT_OF_MEMBERSHIP, [callerId, membershipId]);
    if (row === undefined) throw new NotFound();
    return toContext(row) as MembershipContext<StoredMembership>;
  }

  /**
   * @returns the membership with its medic
   * @throws NotFound there is no membership with this id
   */
  async findRow(transaction: Transaction, membershipId: number): Promise<MembershipRow> {
    const [row] = await transaction.query<MembershipRow>(MEMBERSHIP, [membershipId]);
    if (row === undefined) throw new NotFound();
    return row;
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
   * @param callerId null for the operator
   * @returns the contexts of the memberships of several medics at one hospital, in no order; none for an unknown medic
   */
  async findContextsOf(
    transaction: Transaction,
    callerId: number | null,
    medicIds: readonly number[],
    hospitalId: number,
  ): Promise<MembershipContext[]> {
    const rows = await transaction.query<ContextRow>(CONTEXTS_OF_MEDICS, [callerId, medicIds, hospitalId]);
    return rows.map(toContext);
  }

  /**
   * Inserts a membership.
   * @param context of a locked medic without a membership there
   * @returns the membership with its medic
   * @throws MembershipAlreadyExists rule 1, by a constraint
   */
  async insert(
    transaction: Transaction,
    context: MembershipKey & OtherMemberships,
    next: MembershipState,
  ): Promise<MembershipRow> {
    const { medicId, hospitalId } = context;
    const { type, isActive, validFrom, validUntil } = next;
    const rows = await writeWithFlags(transaction, [flagMoveOf(context, next)], () =>
      transaction.query<MembershipRow>(INSERT, [medicId, hospitalId, type, isActive, validFrom, validUntil]),
    );
    return rowOf(rows);
  }

  /**
   * Stores the state of a membership.
   * @param context of a locked pair
   * @returns the membership with its medic
   */
  async update(
    transaction: Transaction,
    context: MembershipContext<StoredMembership>,
    next: MembershipState,
  ): Promise<MembershipRow> {
    const { type, isActive, isDeleted, validFrom, validUntil } = next;
    const rows = await writeWithFlags(transaction, [flagMoveOf(context, next)], () =>
      transaction.query<MembershipRow>(UPDATE, [context.current.id, type, isActive, isDeleted, validFrom, validUntil]),
    );
    return rowOf(rows);
  }
}

const INSERT = `INSERT INTO membership (medic_id, hospital_id, type, is_active, valid_from, valid_until)
  VALUES ($1, $2, $3, $4, $5, $6) RETURNING ${insertedMembership()}`;

const UPDATE = `UPDATE membership s
  SET type = $2, is_active = $3, is_deleted = $4, valid_from = $5, valid_until = $6
  FROM medic m WHERE s.id = $1 AND m.id = s.medic_id RETURNING ${MEMBERSHIP_COLUMNS}`;

const MEMBERSHIP = `SELECT ${MEMBERSHIP_COLUMNS} FROM membership s JOIN medic m ON m.id = s.medic_id WHERE s.id = $1`;
