import type { Answer } from '../support/answer.js';
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

/** @returns the answer to a request that was sent while a `change` of a membership was not stored yet, which `end` decides */
async function answeredAround(
  membership: number,
  change: string,
  send: () => Promise<Answer>,
  end: 'COMMIT' | 'ROLLBACK',
): Promise<Answer> {
  const other = await service.database.connect();
  try {
    await other.query('BEGIN');
    await other.query(`UPDATE membership SET ${change} WHERE id = $1`, [membership]);
    const answer = send();
    await until(isBlocked);
    await other.query(end);
    return await answer;
  } finally {
    await other.end();
  }
}

/** @returns the answer to a change of type that came while another change of the membership was being stored */
async function changedAfter(change: string): Promise<Answer> {
  const { admin, membership } = await service.given.hospital();
  const send = () => admin.changeMembership(membership, { type_membership: 'ADMIN' }, { concurrent: true });
  return answeredAround(membership, change, send, 'COMMIT');
}

// The other orders, which a guard keeps from breaking something, are in `guards`.
(isServer ? describe : describe.skip)('In a forced order', () => {
  test('a creation by an ADMIN whose demotion is undone is made', async () => {
    const { hospital, admin, adminship, outsider } = await service.given.hospital();
    const send = () => admin.addMember(hospital, outsider, {}, { concurrent: true });
    (await answeredAround(adminship, `type = 'MEMBER'`, send, 'ROLLBACK')).isCreated();
  });

  test('the type of a membership that has just been deleted is not changed', async () => {
    (await changedAfter('is_deleted = true')).isConflict(/deleted/);
  });

  test('a change of the type leaves what has just been stored beside it', async () => {
    (await changedAfter('is_active = NOT is_active')).is(201, { type_membership: 'ADMIN', is_active: false });
  });
});
