import { SHOWS_HOSPITAL, showsHospital } from '../../src/access/policy.js';
import { MembershipType } from '../../src/memberships/membership.entity.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

describe('showsHospital, in TypeScript and in SQL', () => {
  test.each([
    [MembershipType.ADMIN, true, true],
    [MembershipType.ADMIN, false, true],
    [MembershipType.MEMBER, true, true],
    [MembershipType.MEMBER, false, false],
  ])('to %s, a hospital with is_active %p is shown: %p', async (type, isActive, isShown) => {
    expect(showsHospital(type, isActive)).toBe(isShown);
    const [row] = await database.dataSource.query<{ shown: boolean }[]>(
      `SELECT ${SHOWS_HOSPITAL} AS shown FROM (SELECT $1::text AS type) s, (SELECT $2::boolean AS is_active) h`,
      [type, isActive],
    );
    expect(row?.shown).toBe(isShown);
  });

  test.each([true, false])('a hospital with is_active %p is not shown to a medic without a right', (isActive) => {
    expect(showsHospital(null, isActive)).toBe(false);
  });
});
