import type { CheckedResponse } from '../support/checked-response.js';
import { isServer } from '../support/server.js';
import { useService } from '../support/service.js';
import { until } from '../support/until.js';

const service = useService();

/** @returns whether a statement of the service waits for a lock */
async function isBlocked(): Promise<boolean> {
  const waiting = await service.dataSource.query<unknown[]>(
    `SELECT FROM pg_stat_activity WHERE datname = current_database()
       AND application_name = 'hospital-memberships' AND wait_event_type = 'Lock'`,
  );
  return waiting.length > 0;
}

/** The locks that every writer of a membership takes first. */
const LOCKS = `SELECT FROM membership s JOIN hospital h ON h.id = s.hospital_id JOIN medic m ON m.id = s.medic_id
  WHERE s.id = $1 FOR NO KEY UPDATE OF h, m`;

/**
 * Sends a request while another transaction has an uncommitted `change` of a membership, then ends the
 * transaction.
 * @returns the response to the request
 */
async function answeredAround(
  membership: number,
  change: string,
  send: () => Promise<CheckedResponse>,
  end: 'COMMIT' | 'ROLLBACK',
): Promise<CheckedResponse> {
  const other = await service.database.connect();
  try {
    await other.query('BEGIN');
    await other.query(LOCKS, [membership]);
    await other.query(`UPDATE membership SET ${change} WHERE id = $1`, [membership]);
    const answer = send();
    await until(isBlocked);
    await other.query(end);
    return await answer;
  } finally {
    await other.end();
  }
}

/** @returns the response to a change of type that is sent during another change of the membership */
async function changedAfter(change: string): Promise<CheckedResponse> {
  const { admin, membership } = await service.given.hospital();
  const send = () => admin.changeMembership(membership, { type_membership: 'ADMIN' }, { concurrent: true });
  return answeredAround(membership, change, send, 'COMMIT');
}

// Orders that would break an invariant without a guard are in `guards`.
(isServer ? describe : describe.skip)('With a forced order of transactions', () => {
  test("an ADMIN can add a medic if the ADMIN's concurrent demotion is rolled back", async () => {
    const { hospital, admin, adminship, outsider } = await service.given.hospital();
    const send = () => admin.addMember(hospital, outsider, {}, { concurrent: true });
    (await answeredAround(adminship, `type = 'MEMBER'`, send, 'ROLLBACK')).isCreated();
  });

  test('a change of type is refused if the membership has just been deleted', async () => {
    (await changedAfter('is_deleted = true')).isConflict(/deleted/);
  });

  test('a change of type keeps the other column that has just been stored', async () => {
    (await changedAfter('is_active = NOT is_active')).is(201, { type_membership: 'ADMIN', is_active: false });
  });
});
