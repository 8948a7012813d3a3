import fc from 'fast-check';
import { jpeg } from '../support/jpeg.js';
import { hostileValue, TEXTS } from './hostile.js';
import type { Operation } from './operations.js';
import type { Scene } from './scene.js';
import { valueAt } from './values.js';

/** A body and its declared content type. */
export interface Body {
  readonly type?: string;
  readonly bytes: Buffer;
}

const FORM = 'application/x-www-form-urlencoded';
const MULTIPART = 'multipart/form-data';
const CSV = 'text/csv';
const BOUNDARY = 'fuzz-boundary';

type Fields = Record<string, unknown>;

/** @returns bodies for an operation: of each type that it accepts, and of types that no operation accepts */
export function bodyOf(operation: Operation, scene: Scene): fc.Arbitrary<Body | undefined> {
  const { types } = operation;
  if (types.length === 0) return rarely(hostileBody, 30);
  const fields = fieldsOf(operation, scene);
  const encoded = types.map((type) => fields.chain((values) => encode(type, values)));
  return fc.oneof(
    { weight: 8, arbitrary: fields.map(asJson) },
    { weight: 6, arbitrary: fc.oneof(...encoded) },
    { weight: 1, arbitrary: rarely(hostileBody, 1) },
    { weight: 1, arbitrary: fields.chain((values) => encode(MULTIPART, values)) },
  );
}

function rarely(arbitrary: fc.Arbitrary<Body>, otherwise: number): fc.Arbitrary<Body | undefined> {
  return fc.oneof({ weight: otherwise, arbitrary: fc.constant(undefined) }, { weight: 2, arbitrary });
}

type Part = [name: string, value: unknown][];

const nothing = fc.constant<Part>([]);

function fieldsOf({ method, path, fields, required }: Operation, scene: Scene): fc.Arbitrary<Fields> {
  const others = Object.keys(fields).length - required.length;
  const parts = Object.entries(fields).map(([name, schema]) => {
    const part = valueAt(schema, { method, path, name }, scene).map((value): Part => [[name, value]]);
    const absence = required.includes(name) ? 1 : 10 * others;
    return fc.oneof({ weight: 50, arbitrary: part }, { weight: absence, arbitrary: nothing });
  });
  const unknown = fc
    .tuple(fc.constantFrom<string>('naem', 'is_superuser', ...TEXTS), hostileValue)
    .map((field): Part => [field]);
  const extra = fc.oneof({ weight: 40, arbitrary: nothing }, unknown);
  return fc.tuple(...parts, extra).map((all: Part[]) => Object.fromEntries(all.flat()));
}

function asJson(fields: Fields): Body {
  return { type: 'application/json', bytes: Buffer.from(JSON.stringify(fields)) };
}

function encode(type: string, fields: Fields): fc.Arbitrary<Body> {
  if (type === FORM) return fc.constant({ type, bytes: Buffer.from(formOf(fields)) });
  if (type === CSV) return csvOf(fields);
  if (type !== MULTIPART) return fc.constant(asJson(fields));
  const file = fc.oneof(
    { weight: 4, arbitrary: fc.constant(jpeg()) },
    fc.constantFrom(Buffer.alloc(0), Buffer.from('GIF89a'), jpeg().subarray(0, 30), jpeg(70_000)),
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)) },
  );
  const picture = fc.option(fc.tuple(fc.constantFrom('picture', 'university_logo', 'other'), file), { freq: 2 });
  const cut = fc.oneof({ weight: 12, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 60 }));
  return fc.tuple(picture, cut).map(([upload, missing]) => {
    const whole = multipartOf(fields, upload);
    return { type: `${MULTIPART}; boundary=${BOUNDARY}`, bytes: whole.subarray(0, whole.length - missing) };
  });
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function formOf(fields: Fields): string {
  const encodePart = (text: string) => encodeURIComponent(text.toWellFormed());
  return Object.entries(fields)
    .map(([name, value]) => `${encodePart(name)}=${encodePart(textOf(value))}`)
    .join('&');
}

/** @returns files with the rows of `memberships` as spreadsheets write them, and some that are no CSV */
function csvOf({ memberships }: Fields): fc.Arbitrary<Body> {
  const rows = [memberships].flat().map((row): Fields => (typeof row === 'object' && row !== null ? { ...row } : {}));
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const whole = fc
    .record({
      start: fc.constantFrom('', '', '\ufeff', '\n'),
      delimiter: fc.constantFrom(',', ';', '\t'),
      end: fc.constantFrom('\n', '\r\n', '\r'),
      isQuoted: fc.boolean(),
      more: fc.oneof({ weight: 6, arbitrary: fc.constant('') }, fc.constantFrom(...TEXTS, '"', ',,,', '1,2,3,4,5,6,7')),
    })
    .map(({ start, delimiter, end, isQuoted, more }) => {
      const cell = (value: unknown) => {
        const text = value === undefined ? '' : textOf(value);
        return isQuoted ? `"${text.replaceAll('"', '""')}"` : text;
      };
      const lines = [columns, ...rows.map((row) => columns.map((column) => row[column]))];
      return start + [...lines.map((cells) => cells.map(cell).join(delimiter)), more].join(end);
    });
  const text = fc.oneof({ weight: 12, arbitrary: whole }, fc.constantFrom(...MALFORMED, '"', 'medic', 'medic\n"1'));
  return text.map((body) => ({ type: CSV, bytes: Buffer.from(body.toWellFormed()) }));
}

function multipartOf(fields: Fields, upload: [string, Buffer] | null): Buffer {
  const part = (disposition: string, content: Buffer) =>
    Buffer.concat([
      Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`),
      content,
      Buffer.from('\r\n'),
    ]);
  const quoted = (name: string) => JSON.stringify(name.toWellFormed().replace(/[\r\n"]/g, ''));
  const texts = Object.entries(fields)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => part(`name=${quoted(name)}`, Buffer.from(textOf(value))));
  const files =
    upload === null ? [] : [part(`name="${upload[0]}"; filename="a.jpg"\r\nContent-Type: image/jpeg`, upload[1])];
  return Buffer.concat([...texts, ...files, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}

const MALFORMED = [
  '',
  '{',
  '[]',
  'null',
  '7',
  '"x"',
  '{"a":1,"a":2}',
  '{"__proto__":{"x":1}}',
  '{"name":"\\ud800"}',
  '{} {}',
];

/** Bodies that no operation accepts, or whose declared type is wrong. */
const hostileBody: fc.Arbitrary<Body> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      type: fc.constantFrom(
        'application/json',
        FORM,
        `${MULTIPART}; boundary=x`,
        MULTIPART,
        'text/plain',
        'nonsense',
        '',
      ),
      bytes: fc.oneof(
        fc
          .constantFrom(...MALFORMED, '['.repeat(5000), '{"a":'.repeat(40), '%=%&%zz', 'a&'.repeat(300))
          .map((text) => Buffer.from(text)),
        fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
      ),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ type: 'application/json', bytes: Buffer.alloc(1_048_577, 0x20) }) },
  { weight: 1, arbitrary: fc.constant({ bytes: Buffer.from('{}') }) },
);
