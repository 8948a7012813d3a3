import type { DataSource } from 'typeorm';
import { UnauthorizedMedic } from '../../access/access.errors.js';
import { actingAdminshipHeld, AFTER_LOCKS, STILL_IN_FORCE } from '../../access/rights.sql.js';
import type { CurrentMedic } from '../../auth/current-medic.decorator.js';
import { NoSuchHospital } from '../../common/errors.js';
import { actorOf, OPERATOR } from '../../database/actor.js';
import { inTransaction, type Companion, type Transaction } from '../../database/transaction.js';
import { emailKeyOf } from '../../medics/medic.entity.js';
import { flagMoveOf, writeWithFlags, type FlagMove } from '../flag-moves.js';
import type { MembershipContext } from '../membership.js';
import { MembershipWriter } from '../membership-writer.js';
import {
  decideRow,
  failed,
  refuseRepeated,
  type AssignedRow,
  type BulkRow,
  type RowDecision,
  type FailedRow,
} from './bulk.js';

/** A row, or why it could not be read. */
export type BulkEntry = BulkRow | FailedRow;

/** The result of a row. In a dry run a created membership has no id. */
export type BulkResult =
  FailedRow | { readonly status: 'created' | 'restored' | 'unchanged'; readonly membership?: number };

interface LockedMedic {
  readonly id: number;
  readonly emailKey: string;
}

/** Locks medics in the order of their ids, so that two uploads cannot deadlock. */
const LOCK_MEDICS = `SELECT id, email_key AS "emailKey" FROM medic
  WHERE id = ANY ($1::integer[]) OR email_key = ANY ($2::text[]) ORDER BY id FOR NO KEY UPDATE`;

const HOLD_ADMINSHIP = `SELECT held.id
  FROM (SELECT r.id, r.valid_from, r.valid_until FROM ${actingAdminshipHeld('$1', '$2')} ${AFTER_LOCKS}) held
  WHERE ${STILL_IN_FORCE}`;

const INSERT = `INSERT INTO membership (medic_id, hospital_id, type, is_active, valid_until)
  SELECT medic_id, $1, type, is_active, valid_until
  FROM unnest($2::integer[], $3::text[], $4::boolean[], $5::timestamptz[])
    WITH ORDINALITY new (medic_id, type, is_active, valid_until, place)
  ORDER BY place RETURNING id, medic_id AS "medicId"`;

const RESTORE = `UPDATE membership s
  SET type = new.type, is_active = new.is_active, is_deleted = false, valid_until = new.valid_until
  FROM unnest($1::integer[], $2::text[], $3::boolean[], $4::timestamptz[]) new (id, type, is_active, valid_until)
  WHERE s.id = new.id`;

/** Adds many medics to a hospital in one transaction: the rules decide in memory, and two statements store. */
export class BulkMemberships {
  private readonly writer = new MembershipWriter();

  constructor(private readonly dataSource: DataSource) {}

  /**
   * @param caller null for the operator, who needs no right
   * @param isDryRun whether nothing is stored
   * @param companion stores the response in the same transaction
   * @returns the result of each entry, in their order
   * @throws UnauthorizedMedic the caller is not an ADMIN of the hospital, or the account was closed meanwhile
   * @throws NoSuchHospital the operator names a hospital that does not exist
   */
  add(
    caller: CurrentMedic | null,
    hospitalId: number,
    entries: readonly BulkEntry[],
    isDryRun: boolean,
    companion?: Companion<BulkResult[]>,
  ): Promise<BulkResult[]> {
    const work = async (transaction: Transaction) => {
      const medics = await this.lock(transaction, caller, hospitalId, entries);
      const rows = refuseRepeated(assign(entries, medics));
      const contexts = await this.findContexts(transaction, caller, hospitalId, rows);
      const decisions = rows.map((row) => ('medicId' in row ? decideRow(row, contexts(row.medicId)) : row));
      if (isDryRun) return decisions.map((decision) => resultOf(decision));
      const moves = rows.flatMap((row, index) => {
        const decision = decisions[index];
        const isWritten = 'medicId' in row && decision !== undefined && 'next' in decision;
        return isWritten ? flagMoveOf(contexts(row.medicId), decision.next) : [];
      });
      return transaction.commitWith(() => this.store(transaction, hospitalId, decisions, moves));
    };
    return inTransaction(this.dataSource, caller === null ? OPERATOR : actorOf(caller), work, companion);
  }

  /** Locks the medics of the rows and the caller's right. @returns the medics, and the caller */
  private async lock(
    transaction: Transaction,
    caller: CurrentMedic | null,
    hospitalId: number,
    entries: readonly BulkEntry[],
  ): Promise<LockedMedic[]> {
    const rows = entries.filter((entry): entry is BulkRow => !('status' in entry));
    // The caller is locked in the same order, because the right is held together with the caller's account.
    const ids = rows.flatMap(({ medic }) => medic ?? []).concat(caller?.id ?? []);
    const keys = rows.flatMap(({ email }) => (email === undefined ? [] : emailKeyOf(email)));
    const [isAllowed, medics] = await Promise.all([
      caller === null ? this.writer.lockHospital(transaction, hospitalId) : true,
      transaction.query<LockedMedic>(LOCK_MEDICS, [ids, keys]),
      caller === null ? [] : this.holdAdminship(transaction, caller.id, hospitalId),
    ]);
    if (!isAllowed) throw new NoSuchHospital();
    return medics;
  }

  private async holdAdminship(transaction: Transaction, callerId: number, hospitalId: number): Promise<void> {
    const held = await transaction.query(HOLD_ADMINSHIP, [callerId, hospitalId]);
    if (held.length === 0) throw new UnauthorizedMedic();
  }

  /** @returns a function from the id of a row's medic to the context of the medic at the hospital */
  private async findContexts(
    transaction: Transaction,
    caller: CurrentMedic | null,
    hospitalId: number,
    rows: readonly (AssignedRow | FailedRow)[],
  ): Promise<(medicId: number) => MembershipContext> {
    const ids = rows.flatMap((row) => ('medicId' in row ? row.medicId : []));
    // The operator has no right, and nothing reads the right of a context.
    const found = await this.writer.findContextsOf(transaction, caller?.id ?? null, ids, hospitalId);
    const contexts = new Map(found.map((context) => [context.medicId, context]));
    return (medicId) => {
      const context = contexts.get(medicId);
      if (context === undefined) throw new Error('A medic that is locked has a context.');
      return context;
    };
  }

  /** @param moves the flags that memberships outside their time lose or get */
  private async store(
    transaction: Transaction,
    hospitalId: number,
    decisions: readonly RowDecision[],
    moves: readonly FlagMove[],
  ): Promise<BulkResult[]> {
    const created = decisions.filter((decision) => decision.status === 'created');
    const restored = decisions.filter((decision) => decision.status === 'restored');
    const write = () =>
      Promise.all([
        transaction.query<{ id: number; medicId: number }>(INSERT, [
          hospitalId,
          created.map(({ medicId }) => medicId),
          created.map(({ next }) => next.type),
          created.map(({ next }) => next.isActive),
          created.map(({ next }) => next.validUntil),
        ]),
        transaction.query(RESTORE, [
          restored.map(({ membership }) => membership),
          restored.map(({ next }) => next.type),
          restored.map(({ next }) => next.isActive),
          restored.map(({ next }) => next.validUntil),
        ]),
      ]);
    const [inserted] = await writeWithFlags(transaction, moves, write);
    const idOf = new Map(inserted.map(({ medicId, id }) => [medicId, id]));
    return decisions.map((decision) =>
      resultOf(decision, decision.status === 'created' ? idOf.get(decision.medicId) : undefined),
    );
  }
}

/** @returns each row with its medic, or why there is none */
function assign(entries: readonly BulkEntry[], medics: readonly LockedMedic[]): (AssignedRow | FailedRow)[] {
  const ids = new Set(medics.map(({ id }) => id));
  const idOf = new Map(medics.map(({ id, emailKey }) => [emailKey, id]));
  return entries.map((entry) => {
    if ('status' in entry) return entry;
    const { medic, email } = entry;
    if (medic !== undefined) {
      return ids.has(medic) ? { ...entry, medicId: medic } : failed('medic', 'There is no medic with this id.');
    }
    const medicId = email === undefined ? undefined : idOf.get(emailKeyOf(email));
    return medicId === undefined ? failed('email', 'There is no medic with this email.') : { ...entry, medicId };
  });
}

/** @param created id of the new membership */
function resultOf(decision: RowDecision, created?: number): BulkResult {
  if (decision.status === 'failed') return decision;
  if (decision.status !== 'created') return { status: decision.status, membership: decision.membership };
  return { status: 'created', ...(created === undefined ? {} : { membership: created }) };
}
