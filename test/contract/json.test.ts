import { WrittenNumber } from '../../src/http/input/coercion.js';
import { structureOf } from '../../src/http/input/json-structure.js';
import { parseJson } from '../../src/http/input/json.js';

const list = (item: string, count: number) => `[${Array(count).fill(item).join(',')}]`;
const object = (count: number) => `{${Array.from({ length: count }, (_, key) => `"k${String(key)}":1`).join(',')}}`;
const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

test.each([
  ['values', list('{}', 19_999), list('{}', 20_000), 'it has more than 20000 values'],
  ['fields in one object', object(100), object(101), 'it has more than 100 fields in one object'],
  ['levels', deep(32), deep(33), 'it nests deeper than 32 levels'],
  ['digits', '1'.repeat(1024), '1'.repeat(1025), 'it has a number of more than 1024 characters'],
  ['characters in a fraction', `0.${'1'.repeat(1022)}`, `-0.${'1'.repeat(1022)}`, 'a number of more than 1024'],
])('JSON contains a limited number of %s', (_, most, more, problem) => {
  expect(structureOf(most).problem).toBeUndefined();
  expect(structureOf(more).problem).toContain(problem);
});

test.each([
  ['in one object', '{"a":1,"a":2}'],
  ['with another in between', '{"a":1,"b":2,"a":3}'],
  ['as an escape', '{"a":1,"\\u0061":2}'],
  ['with blanks before the colon', '{"a":1,"a" \t\r\n:2}'],
  ['in an object in a list', '[1,{"a":[],"a":{}}]'],
  ['after an object in between', '{"a":1,"b":{"a":1},"a":2}'],
])('a duplicate key is refused %s', (_, text) => {
  expect(structureOf(text).problem).toContain('it has the key "a" twice in one object');
});

test.each([
  '{"a":{"a":1},"b":[{"a":1},{"a":1}]}',
  '{"a":"a","b":"a"}',
  '{"a\\"":1,"a":2}',
  '{"a":"\\":1,\\"a\\":"}',
  '["a","a"]',
  '{"A":1,"a":2}',
])('a key that occurs once per object is not a duplicate: %s', (text) => {
  expect(structureOf(text).problem).toBeUndefined();
});

test.each([
  [
    'a batch of a thousand decisions',
    {
      evaluations: Array<unknown>(1000).fill({
        subject: { type: 't', id: '1' },
        action: { name: 'a' },
        resource: { type: 'r', id: '2' },
      }),
    },
  ],
  ['text of brackets and quotes', { a: '[{"\\'.repeat(1000), b: '"'.repeat(1000) }],
  ['numbers as JavaScript writes them', [0, 1, -1, 1.5, 2 ** 53 - 1, 1e21, 1e-7]],
  ['text that looks like numbers', ['1.0', '-0', '1e999']],
  ['names that every object has', JSON.parse('{"__proto__":{"toString":1},"constructor":2}') as unknown],
])('JSON is parsed as by JSON.parse: %s', (_, value) => {
  expect(parseJson(JSON.stringify(value))).toEqual(value);
});

test.each(['1.0', '-0', '1e3', '1E+2', '0.10', '9007199254740993', '12345678901234567890', '1e999', '-1.50e-7'])(
  'a number keeps its text if JavaScript would write it differently: %s',
  (written) => {
    expect(parseJson(written)).toEqual(new WrittenNumber(written));
    expect(parseJson(`{"a":[1,${written} ,"x"],"__proto__":{"b":${written}}}`)).toEqual(
      Object.fromEntries([
        ['a', [1, new WrittenNumber(written), 'x']],
        ['__proto__', { b: new WrittenNumber(written) }],
      ]),
    );
  },
);

test.each([
  '{1.0:2}',
  '{1.0 :2}',
  '[01.0]',
  '[1.]',
  '[.5]',
  '[+1.0]',
  '[1.0.0]',
  '[1e]',
  '[1.0x]',
  '[1.0"x"]',
  '["x"1.0]',
  '[1.0 1.0]',
  '[--1.0]',
  '1.0}',
  '[1.0',
  '{"a":1.0',
  '{"\\x":1.0}',
  '"',
  '',
  'nul',
])('a misplaced or malformed number stays malformed: %s', (text) => {
  expect(() => parseJson(text)).toThrow('check its quotes, commas and brackets');
});
