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

// The other orders, which a guard keeps from breaking something, are in `guards`.
(isServer ? test : test.skip)('a creation by an ADMIN whose demotion is undone is made', async () => {
  const { hospital, admin, adminship, outsider } = await service.given.hospital();
  const other = await service.database.connect();
  try {
    await other.query('BEGIN');
    await other.query(`UPDATE membership SET type = 'MEMBER' WHERE id = $1`, [adminship]);
    const answer = admin.addMember(hospital, outsider, {}, { concurrent: true });
    await until(isBlocked);
    await other.query('ROLLBACK');
    (await answer).isCreated();
  } finally {
    await other.end();
  }
});

/** @returns the answer to a change of type, sent while `change` of the membership is not stored yet */
async function changedWhile(change: string) {
  const { admin, membership } = await service.given.hospital();
  const other = await service.database.connect();
  try {
    await other.query('BEGIN');
    await other.query(`UPDATE membership SET ${change} WHERE id = $1`, [membership]);
    const answer = admin.changeMembership(membership, { type_membership: 'ADMIN' }, { concurrent: true });
    await until(isBlocked);
    await other.query('COMMIT');
    return await answer;
  } finally {
    await other.end();
  }
}

(isServer ? test : test.skip)('the type of a membership that has just been deleted is not changed', async () => {
  (await changedWhile('is_deleted = true')).isConflict(/deleted/);
});

(isServer ? test : test.skip)('a change of the type leaves what has just been stored beside it', async () => {
  (await changedWhile('is_active = NOT is_active')).is(201, { type_membership: 'ADMIN', is_active: false });
});
