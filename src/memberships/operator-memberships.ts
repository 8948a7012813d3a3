import type { DataSource } from 'typeorm';
import { isInForce } from '../access/policy.js';
import { InvalidFields, NoSuchHospital, OperatorError } from '../common/errors.js';
import { OPERATOR } from '../database/actor.js';
import { standAloneReads } from '../database/pool.js';
import { inTransaction, type Transaction } from '../database/transaction.js';
import {
  MEMBERSHIP_COLUMNS,
  toMembershipResponse,
  type MembershipResponse,
  type MembershipRow,
} from './dto/membership.response.js';
import {
  firstState,
  hasMembership,
  nextState,
  type MembershipChange,
  type MembershipContext,
  type MembershipKey,
  type MembershipState,
  type StoredMembership,
} from './membership.js';
import { UNLIMITED } from './limits.js';
import { SOURCE } from './memberships.sql.js';
import { MembershipWriter } from './membership-writer.js';
import { LastAdminOfHospital } from './membership.errors.js';
import type { MembershipType } from './membership.entity.js';

/**
 * Memberships for the operator commands. The rules of the contract's section 3 apply, with two exceptions: the operator
 * needs no right at the hospital, and may remove its last ADMIN on purpose.
 */
export class OperatorMemberships {
  private readonly writer = new MembershipWriter();

  constructor(private readonly dataSource: DataSource) {}

  /**
   * @param after only memberships with an id greater than this
   * @param limit upper bound of the length
   * @returns memberships of a hospital, ordered by id, including removed ones
   */
  ofHospital(hospitalId: number, after: number, limit: number): Promise<MembershipResponse[]> {
    return this.read('WHERE s.hospital_id = $1 AND s.id > $2 ORDER BY s.id LIMIT $3', [hospitalId, after, limit]);
  }

  /** @returns all memberships of a medic, ordered by id, including removed ones */
  ofMedic(medicId: number): Promise<MembershipResponse[]> {
    return this.read('WHERE s.medic_id = $1 ORDER BY s.id', [medicId]);
  }

  /**
   * Creates, restores or changes a medic's membership, so that it is live and has this type. Limits in time that keep it
   * from being live are removed.
   * @param mayEndAdmins whether the hospital may lose its last ADMIN
   * @param validUntil when it ends, null for no end; undefined keeps the end
   * @throws OperatorError the hospital does not exist, or would lose its last ADMIN, or the end is not ahead
   */
  set(
    pair: MembershipKey,
    type: MembershipType,
    mayEndAdmins: boolean,
    validUntil?: string | null,
  ): Promise<MembershipResponse> {
    const limits = validUntil === undefined ? {} : { validUntil };
    const change = { type, isDeleted: false, ...limits };
    return this.change(pair, mayEndAdmins, change, async (transaction, context) => {
      const next = byRules(() => firstState({ type, isActive: undefined, ...limits }, context, false));
      return toMembershipResponse(await this.writer.insert(transaction, context, next));
    });
  }

  /**
   * Removes a live membership.
   * @param mayEndAdmins whether the hospital may lose its last ADMIN
   * @throws OperatorError the membership does not exist or is not live, or the hospital would lose its last ADMIN
   */
  remove(pair: MembershipKey, mayEndAdmins: boolean): Promise<MembershipResponse> {
    return this.change(pair, mayEndAdmins, { isDeleted: true }, () => {
      throw new OperatorError(
        'The medic has no live membership at this hospital; `membership list` shows those of the hospital.',
      );
    });
  }

  /** @param create replaces the change if the pair has no membership, or no live one to remove */
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
      const others = mayEndAdmins ? { ...context, otherAdmin: true } : context;
      const wanted = { ...limitsToLift(context, change), ...change };
      const next = byRules(() => nextState(context.current, wanted, others, false));
      const updated = await this.writer.update(transaction, context, next);
      return toMembershipResponse(updated);
    });
  }

  private async lock(transaction: Transaction, pair: MembershipKey): Promise<MembershipContext> {
    const [isHospital, , context] = await Promise.all([
      this.writer.lockHospital(transaction, pair.hospitalId),
      this.writer.lockMedic(transaction, pair.medicId),
      // There is no caller. The right in the context is that of the medic, and nothing reads it.
      this.writer.findContextOf(transaction, pair.medicId, pair),
    ]);
    if (!isHospital || context === null) throw new NoSuchHospital();
    return context;
  }

  private async read(where: string, values: unknown[]): Promise<MembershipResponse[]> {
    const rows = await standAloneReads(this.dataSource).query<MembershipRow>(
      `SELECT ${MEMBERSHIP_COLUMNS} FROM ${SOURCE} ${where}`,
      values,
    );
    return rows.map(toMembershipResponse);
  }
}

/** @returns the removal of limits that keep a membership from being live; nothing if it is removed */
function limitsToLift({ current, now }: MembershipContext<StoredMembership>, { isDeleted }: MembershipChange) {
  return isDeleted === true || isInForce(current, now) ? {} : UNLIMITED;
}

/** @throws OperatorError what the rules refuse, in words for the operator */
function byRules(decide: () => MembershipState): MembershipState {
  try {
    return decide();
  } catch (error) {
    // The only limit that the operator sets is the end.
    if (error instanceof InvalidFields) throw new OperatorError('The end of a membership must be in the future.');
    if (!(error instanceof LastAdminOfHospital)) throw error;
    throw new OperatorError(
      'This is the last ADMIN of the hospital; appoint another ADMIN first, or add --allow-no-admin.',
    );
  }
}
