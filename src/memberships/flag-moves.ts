import { live, notDeleted, upcoming } from '../access/rights.sql.js';
import type { Transaction } from '../database/transaction.js';
import type { MembershipKey, MembershipState, OtherMemberships, StoredMembership } from './membership.js';
import { Membership } from './membership.entity.js';
import { flagMovesTo } from './waiting-flag.js';

/** The facts by which the flag of a locked medic moves. `current` is absent or null for a new membership. */
type FlagContext = MembershipKey & OtherMemberships & { readonly current?: StoredMembership | null };

/** The flags of a medic's other memberships that change with the write of one. */
export interface FlagMove {
  /** The medic, if another membership loses the flag. */
  readonly loser: number | null;
  /** The other membership that gets the flag. */
  readonly heir: number | null;
}

/** @param next the state that is written. @returns rule 3 for the medic's other memberships */
export function flagMoveOf(context: FlagContext, next: MembershipState): FlagMove {
  const heir = flagMovesTo(context.current ?? null, next, context);
  const isTaken = heir !== null || (next.isActive && !next.isDeleted);
  return { loser: isTaken && context.otherFlagged ? context.medicId : null, heir };
}

/**
 * Writes memberships of locked medics, and the flags that move by it. The last holder loses the flag first, because a
 * unique index allows one for each medic. Without moves there is no further statement.
 * @param write sends its statements at once
 * @returns the result of `write`
 */
export async function writeWithFlags<Result>(
  transaction: Transaction,
  moves: readonly FlagMove[],
  write: () => Promise<Result>,
): Promise<Result> {
  const losers = moves.flatMap(({ loser }) => loser ?? []);
  const heirs = moves.flatMap(({ heir }) => heir ?? []);
  const [, result] = await Promise.all([
    losers.length > 0 &&
      setFlags(transaction, false, `medic_id = ANY (:ids) AND is_active AND ${notDeleted()}`, losers),
    write(),
    heirs.length > 0 && setFlags(transaction, true, 'id = ANY (:ids)', heirs),
  ]);
  return result;
}

/**
 * Clears a locked medic's choice of active hospital. A flag that waits while no membership is live is no choice: the
 * first live one becomes active, whatever was sent (rule 3).
 */
export async function clearChoice(transaction: Transaction, medicId: number): Promise<void> {
  const hasLive = `EXISTS (SELECT FROM membership o WHERE o.medic_id = ANY (:ids) AND ${live('o')})`;
  const isChoice = `(NOT (${upcoming()}) OR ${hasLive})`;
  await setFlags(transaction, false, `medic_id = ANY (:ids) AND is_active AND ${notDeleted()} AND ${isChoice}`, [
    medicId,
  ]);
}

async function setFlags(
  transaction: Transaction,
  isActive: boolean,
  where: string,
  ids: readonly number[],
): Promise<void> {
  const builder = transaction.createQueryBuilder(Membership, 'membership');
  await transaction.execute(builder.update({ isActive }).where(where, { ids }));
}
