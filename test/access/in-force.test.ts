import { isInForce } from '../../src/access/policy.js';
import { live, rightIn } from '../../src/access/rights.sql.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

describe('isInForce: from valid_from on, until valid_until, in TypeScript, in SQL and in the record', () => {
  const [before, at, after] = [
    '2026-11-28T01:12:12.017391Z',
    '2026-11-28T01:12:12.017392Z',
    '2026-11-28T01:12:12.017393Z',
  ];
  test.each([
    [null, null, true],
    [before, null, true],
    [at, null, true],
    [after, null, false],
    [null, before, false],
    [null, at, false],
    [null, after, true],
    [before, after, true],
    [at, after, true],
    [before, at, false],
  ])('from %s until %s, asked at 01:12:12.017392: %j', async (validFrom, validUntil, isMet) => {
    expect(isInForce({ validFrom, validUntil }, at)).toBe(isMet);
    const row = '(SELECT false AS is_deleted, $1::timestamptz AS valid_from, $2::timestamptz AS valid_until) s';
    const found = await database.dataSource.query<unknown[]>(
      `SELECT FROM ${row} WHERE ${live('s', '$3::timestamptz')}`,
      [validFrom, validUntil, at],
    );
    expect(found.length > 0).toBe(isMet);
    const state = { type_membership: 'MEMBER', is_deleted: false, valid_from: validFrom, valid_until: validUntil };
    const then = `SELECT ${rightIn('$1::json', '$2::timestamptz')} AS "right"`;
    expect(await database.dataSource.query(then, [JSON.stringify(state), at])).toEqual([
      { right: isMet ? 'MEMBER' : null },
    ]);
  });
});
