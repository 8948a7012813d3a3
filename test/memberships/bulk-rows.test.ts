import { InvalidFields } from '../../src/common/errors.js';
import { WrittenNumber } from '../../src/http/input/coercion.js';
import { InputPipe, readItem } from '../../src/http/input/input.pipe.js';
import { BulkRowDto } from '../../src/memberships/bulk/bulk-row.dto.js';

type Row = Readonly<Record<string, unknown>>;

/** @returns the fields or the errors of a row, if it were the body of a request */
async function readAsBody(row: Row): Promise<object> {
  try {
    const read = (await new InputPipe().transform({ ...row }, { type: 'body', metatype: BulkRowDto })) as object;
    return { item: Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined)) };
  } catch (error) {
    if (!(error instanceof InvalidFields)) throw error;
    return { errors: error.details['errors'] };
  }
}

test.each<Row>([
  {},
  { medic: 7, type_membership: 'admin', restore: 'TRUE' },
  { email: 'a@example.org', valid_until: '2999-01-01T00:00:00Z' },
  { email: 'a@example.org', valid_until: null, restore: 0 },
  { medic: new WrittenNumber('1.0'), restore: new WrittenNumber('1.0') },
  { medic: null, email: null, type_membership: null, valid_until: 'tomorrow', restore: null },
  { medic: 0, email: 'a@b', type_membership: 'OWNER', valid_until: 1, restore: 'perhaps' },
  { medic: {}, email: [], type_membership: [['ADMIN']], valid_until: { a: {} }, restore: [true] },
  { email: `${'a.'.repeat(200)}@example.org` },
  { email: 'a\0@example.org', type_membership: '\ud800' },
  { 'column 2': 'x', medic: 'x', id: 1 },
  { ['x'.repeat(200)]: 1, '\ud800': 1 },
  JSON.parse('{"__proto__":1}') as Row,
  { constructor: 1 },
])('a row of a list is read as the body %j would be', async (row) => {
  expect(readItem(BulkRowDto, row)).toEqual(await readAsBody(row));
});
