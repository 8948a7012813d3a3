import type { DataSource } from 'typeorm';
import { OperatorError } from '../common/errors.js';
import { OPERATOR } from '../database/actor.js';
import { standAlone } from '../database/pool.js';
import { rowOf } from '../database/statements.js';
import { inTransaction, type Transaction } from '../database/transaction.js';
import {
  MEMBERSHIP_COLUMNS,
  toMembershipResponse,
  type MembershipResponse,
  type MembershipRow,
} from './dto/membership.response.js';
import {
  firstState,
  nextState,
  type MembershipChange,
  type MembershipContext,
  type MembershipKey,
  type StoredMembership,
} from './membership-rules.js';
import { hasMembership, MembershipWriter } from './membership-writer.js';
import { LastAdminOfHospital } from './membership.errors.js';
import type { MembershipType } from './membership.entity.js';

const FROM = 'FROM membership s JOIN medic m ON m.id = s.medic_id';

/**
 * What the operator does with memberships, without belonging to the hospital: under the rules of the contract's
 * section 3, except that nobody needs to be an ADMIN, and that the last ADMIN may be taken away on purpose.
 */
export class OperatorMemberships {
  private readonly writer = new MembershipWriter();

  constructor(private readonly dataSource: DataSource) {}

  /**
   * @param after only memberships with a greater id
   * @returns at most `limit` memberships of a hospital by id, removed ones too
   */
  ofHospital(hospitalId: number, after: number, limit: number): Promise<MembershipResponse[]> {
    return this.read('WHERE s.hospital_id = $1 AND s.id > $2 ORDER BY s.id LIMIT $3', [hospitalId, after, limit]);
  }

  /** @returns all memberships of a medic by id, removed ones too */
  ofMedic(medicId: number): Promise<MembershipResponse[]> {
    return this.read('WHERE s.medic_id = $1 ORDER BY s.id', [medicId]);
  }

  /**
   * Gives a medic a live membership of this type: creates it, restores it, or changes it.
   * @param mayEndAdmins whether the hospital may be left without an ADMIN
   * @throws OperatorError there is no such hospital, or it would lose its last ADMIN
   */
  set(pair: MembershipKey, type: MembershipType, mayEndAdmins: boolean): Promise<MembershipResponse> {
    return this.change(pair, mayEndAdmins, { type, isDeleted: false }, async (transaction, context) => {
      const next = firstState({ type, isActive: undefined }, context, false);
      const id = await this.writer.insert(transaction, context, next);
      const sql = `SELECT ${MEMBERSHIP_COLUMNS} ${FROM} WHERE s.id = $1`;
      return toMembershipResponse(rowOf(await transaction.query<MembershipRow>(sql, [id])));
    });
  }

  /**
   * Removes a live membership.
   * @param mayEndAdmins whether the hospital may be left without an ADMIN
   * @throws OperatorError there is none, or the hospital would lose its last ADMIN
   */
  remove(pair: MembershipKey, mayEndAdmins: boolean): Promise<MembershipResponse> {
    return this.change(pair, mayEndAdmins, { isDeleted: true }, () => {
      throw new OperatorError('The medic has no live membership at this hospital.');
    });
  }

  /** @param create does instead what there is to do for a pair without a membership, or without a live one to remove */
  private change(
    pair: MembershipKey,
    mayEndAdmins: boolean,
    change: MembershipChange,
    create: (transaction: Transaction, context: MembershipContext) => Promise<MembershipResponse>,
  ): Promise<MembershipResponse> {
    return inTransaction(this.dataSource, OPERATOR, async (transaction) => {
      const context = await this.lock(transaction, pair);
      const isThere = hasMembership(context) && !(context.current.isDeleted && change.isDeleted === true);
      if (!isThere) return create(transaction, context);
      const around = mayEndAdmins ? { ...context, otherAdmin: true } : context;
      return this.writer.update(transaction, context, decide(context, change, around));
    });
  }

  private async lock(transaction: Transaction, pair: MembershipKey): Promise<MembershipContext> {
    await this.writer.lockHospital(transaction, pair.hospitalId);
    await this.writer.lockMedic(transaction, pair.medicId);
    const [hospital] = await transaction.query('SELECT FROM hospital WHERE id = $1', [pair.hospitalId]);
    // Nobody is calling: the right of the medic itself is found, and not looked at.
    const context = await this.writer.findContextOf(transaction, pair.medicId, pair);
    if (hospital === undefined || context === null) throw new OperatorError('There is no hospital with this id.');
    return context;
  }

  private async read(where: string, values: unknown[]): Promise<MembershipResponse[]> {
    const rows = await standAlone(this.dataSource).query<MembershipRow>(
      `SELECT ${MEMBERSHIP_COLUMNS} ${FROM} ${where}`,
      values,
    );
    return rows.map(toMembershipResponse);
  }
}

function decide(context: MembershipContext<StoredMembership>, change: MembershipChange, around: MembershipContext) {
  try {
    return nextState(context.current, change, around, false);
  } catch (error) {
    if (!(error instanceof LastAdminOfHospital)) throw error;
    throw new OperatorError(
      'This is the last ADMIN of the hospital; appoint another ADMIN first, or add --allow-no-admin.',
    );
  }
}
