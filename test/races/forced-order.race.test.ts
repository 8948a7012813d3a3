import type pg from 'pg';
import { MembershipType } from '../../src/memberships/membership.entity.js';
import type { Answer } from '../support/answer.js';
import { isServer } from '../support/server.js';
import { useService } from '../support/service.js';
import { until } from '../support/until.js';

const service = useService();
const AT_ONCE = { concurrent: true };

/** A connection of the test's own, with a transaction open. */
let other: pg.Client;

/** @returns once so many statements of the service wait for a lock */
function blocked(count: number): Promise<unknown> {
  return until(async () => {
    const [row] = await service.dataSource.query<{ waiting: number }[]>(
      `SELECT count(*)::integer AS waiting FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return row?.waiting === count;
  });
}

/** The right that an ADMIN loses in the other transaction, while the ADMIN's request is under way. */
const LOSSES = [
  ['demoted', `type = 'MEMBER'`],
  ['removed', 'is_deleted = true'],
] as const;

(isServer ? describe : describe.skip)('Where one is kept waiting by another', () => {
  beforeEach(async () => {
    other = await service.database.connect();
    await other.query('BEGIN');
  });
  afterEach(() => other.end());

  /** @returns the answers to requests that all wait until the other transaction ends */
  async function heldUp(end: 'COMMIT' | 'ROLLBACK', ...requests: (() => Promise<Answer>)[]): Promise<Answer[]> {
    const answers = requests.map((request) => request());
    await blocked(requests.length);
    await other.query(end);
    return Promise.all(answers);
  }

  test.each(LOSSES)('a creation by an ADMIN who is being %s adds nothing', async (_, loss) => {
    const { hospital, admin, adminship, outsider } = await service.given.hospital();
    await other.query(`UPDATE membership SET ${loss} WHERE id = $1`, [adminship]);
    const [answer] = await heldUp('COMMIT', () => admin.addMember(hospital, outsider, {}, AT_ONCE));
    answer?.isRefused('Unauthorized Medic');
    (await outsider.get('/management/memberships/')).isOk({ count: 0 });
  });

  test.each(LOSSES)('a change and a removal by an ADMIN who is being %s change nothing', async (_, loss) => {
    const { hospital, admin, adminship, membership } = await service.given.hospital();
    const before = await service.given.rowOf(membership);
    await other.query('SELECT FROM hospital WHERE id = $1 FOR NO KEY UPDATE', [hospital]);
    await other.query(`UPDATE membership SET ${loss} WHERE id = $1`, [adminship]);
    const answers = await heldUp(
      'COMMIT',
      () => admin.changeMembership(membership, { type_membership: 'ADMIN' }, AT_ONCE),
      () => admin.removeMembership(membership, AT_ONCE),
    );
    for (const answer of answers) answer.isRefused('Unauthorized Medic');
    expect(await service.given.rowOf(membership)).toEqual(before);
  });

  test('a creation by an ADMIN whose demotion is undone is made', async () => {
    const { hospital, admin, adminship, outsider } = await service.given.hospital();
    await other.query(`UPDATE membership SET type = 'MEMBER' WHERE id = $1`, [adminship]);
    const [answer] = await heldUp('ROLLBACK', () => admin.addMember(hospital, outsider, {}, AT_ONCE));
    answer?.isCreated();
  });

  test('a creation of a pair that another is creating is a conflict that names the membership', async () => {
    const { hospital, admin, outsider } = await service.given.hospital();
    await other.query('SELECT FROM medic WHERE id = $1 FOR NO KEY UPDATE', [outsider.id]);
    const { rows } = await other.query<{ id: number }>(
      `INSERT INTO membership (medic_id, hospital_id, type, is_active) VALUES ($1, $2, 'MEMBER', true) RETURNING id`,
      [outsider.id, hospital],
    );
    const [answer] = await heldUp('COMMIT', () => admin.addMember(hospital, outsider, {}, AT_ONCE));
    answer?.is(409, { membership: rows[0]?.id });
  });

  test.each(['leave', 'remove each other'])('of the last two ADMINs who %s one succeeds', async (how) => {
    const { given } = service;
    const { hospital, admin, adminship } = await given.hospital();
    const second = await given.medic();
    const secondship = await given.membership(second, hospital, { type: MembershipType.ADMIN, isActive: true });
    const [first, last] = how === 'leave' ? [adminship, secondship] : [secondship, adminship];
    await other.query('SELECT FROM hospital WHERE id = $1 FOR UPDATE', [hospital]);
    const answers = await heldUp(
      'COMMIT',
      () => admin.removeMembership(first, AT_ONCE),
      () => second.removeMembership(last, AT_ONCE),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, how === 'leave' ? 409 : 401]);
    const rows = [await given.rowOf(adminship), await given.rowOf(secondship)];
    expect(rows.filter(({ isDeleted }) => !isDeleted)).toHaveLength(1);
  });
});
