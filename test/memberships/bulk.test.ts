import { readCsvRows } from '../../src/memberships/bulk/bulk-csv.js';
import { decideRow, refuseRepeated } from '../../src/memberships/bulk/bulk.js';
import { MembershipType } from '../../src/memberships/membership.entity.js';
import { UNLIMITED } from '../../src/memberships/limits.js';
import type { MembershipContext } from '../../src/memberships/membership.js';

const { ADMIN, MEMBER } = MembershipType;
const around: Omit<MembershipContext, 'current'> = {
  medicId: 2,
  creatorId: null,
  hospitalId: 1,
  isHospitalActive: true,
  right: ADMIN,
  otherLive: false,
  otherActive: false,
  otherFlagged: false,
  otherWaiting: false,
  firstToStart: null,
  now: '2026-11-28T01:12:12.017392Z',
  otherAdmin: true,
};
const live = { id: 7, type: MEMBER, isActive: false, isDeleted: false, ...UNLIMITED };
const removed = { ...live, isDeleted: true };
const chosenElsewhere = { otherLive: true, otherActive: true };

test.each([
  // Membership, other memberships, type and restore of the row, result.
  [
    null,
    {},
    undefined,
    false,
    { status: 'created', medicId: 2, next: { type: MEMBER, isActive: true, isDeleted: false, ...UNLIMITED } },
  ],
  [
    null,
    chosenElsewhere,
    ADMIN,
    true,
    { status: 'created', medicId: 2, next: { type: ADMIN, isActive: false, isDeleted: false, ...UNLIMITED } },
  ],
  [live, {}, undefined, true, { status: 'unchanged', membership: 7 }],
  [live, {}, MEMBER, false, { status: 'unchanged', membership: 7 }],
  [live, {}, ADMIN, true, { status: 'failed', membership: 7, errors: { type_membership: [expect.any(String)] } }],
  [removed, {}, ADMIN, false, { status: 'failed', membership: 7, errors: { restore: [expect.any(String)] } }],
  [
    removed,
    {},
    undefined,
    true,
    { status: 'restored', membership: 7, next: { type: MEMBER, isActive: true, isDeleted: false, ...UNLIMITED } },
  ],
  [
    { ...removed, isActive: true },
    chosenElsewhere,
    ADMIN,
    true,
    { status: 'restored', membership: 7, next: { type: ADMIN, isActive: false, isDeleted: false, ...UNLIMITED } },
  ],
])('membership %j, others %j, row of type %s with restore %s: %j', (current, others, type, restore, expected) => {
  expect(decideRow({ medic: 2, type, restore }, { ...around, ...others, current })).toEqual(expected);
});

test('a medic who is named by more than ten rows: the error lists ten of them', () => {
  const rows = refuseRepeated(Array.from({ length: 12 }, () => ({ medic: 2, medicId: 2, restore: false })));
  expect(rows[11]).toEqual({
    status: 'failed',
    errors: { medic: ['Several rows name this medic (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …); send one.'] },
  });
});

test.each([
  ['email\na@x.org', [{ email: 'a@x.org' }]],
  ['\ufeffEMAIL;Restore\r\n"a@x.org";\r\n', [{ email: 'a@x.org' }]],
  ['medic\ttype_membership\r5\t admin \r\t\r', [{ medic: '5', type_membership: 'admin' }, {}]],
  ['medic , email\n 5 , " a@x.org "\n', [{ medic: '5', email: 'a@x.org' }]],
  ['medic\n5,6\n', [{ medic: '5', 'column 2': '6' }]],
])('the CSV %j', (text, rows) => {
  expect(readCsvRows(text)).toEqual(rows);
});
