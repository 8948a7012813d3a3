import type { Transaction } from '../database/transaction.js';
import { InvalidToken } from './auth.errors.js';

/**
 * Keeps the caller's account active until the transaction ends. It may have been deactivated after the key was checked,
 * and a closed account must not store anything, least of all open itself again (section 6 of the contract).
 *
 * Takes the lock of a writer, for which PostgreSQL has a queue. A share would let a caller that floods the service hold
 * up its own deactivation, because later shares overtake a writer that waits for earlier ones.
 * @throws InvalidToken the account is not active anymore, so the key would be refused now
 */
export async function lockActiveAccount(transaction: Transaction, medicId: number): Promise<void> {
  const found = await transaction.query('SELECT FROM medic WHERE id = $1 AND is_active FOR NO KEY UPDATE', [medicId]);
  if (found.length === 0) throw new InvalidToken();
}
