/** A body that is as expensive to parse as its size allows, and its content type. */
export interface HostileBody {
  readonly type: string;
  readonly body: string | Buffer;
}

const JSON_TYPE = 'application/json';
const CSV_TYPE = 'text/csv';
const FORM_TYPE = 'application/x-www-form-urlencoded';
const BOUNDARY = 'edge';
const UPLOAD_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

/** Bytes, just below the size limit of a body. */
const MEGABYTE = 1_048_000;

/** The limit of values in a body, minus those around the repeated ones in the bodies below. */
const VALUES = 19_900;

/** @returns `unit`, repeated until the body is full */
function filled(start: string, unit: string, end: string, separator = ',', times = Infinity): string {
  const room = MEGABYTE - Buffer.byteLength(start + end);
  const count = Math.floor(Math.min(times, room / Buffer.byteLength(unit + separator)));
  return start + Array<string>(count).fill(unit).join(separator) + end;
}

function numbered(count: number, text: (index: number) => string): string[] {
  return Array.from({ length: count }, (_, index) => text(index));
}

function json(bodies: Record<string, string | Buffer>): Record<string, HostileBody> {
  return Object.fromEntries(Object.entries(bodies).map(([name, body]) => [name, { type: JSON_TYPE, body }]));
}

function forms(bodies: Record<string, string | Buffer>): Record<string, HostileBody> {
  return Object.fromEntries(Object.entries(bodies).map(([name, body]) => [name, { type: FORM_TYPE, body }]));
}

function csv(bodies: Record<string, string | Buffer>): Record<string, HostileBody> {
  return Object.fromEntries(Object.entries(bodies).map(([name, body]) => [name, { type: CSV_TYPE, body }]));
}

/** JSON that is malformed or exceeds a limit. */
export const REFUSED_JSON = json({
  'empty arrays': filled('{"a":[', '[]', ']}'),
  'empty objects': filled('{"a":[', '{}', ']}'),
  'small objects': filled('{"a":[', '{"b":1}', ']}'),
  'escaped keys': filled('{"a":[', '{"\\u0061":1}', ']}'),
  'short strings': filled('{"a":[', '""', ']}'),
  literals: filled('{"a":[', 'null', ']}'),
  decimals: filled('{"a":[', '1.0', ']}'),
  'negative zeros': filled('{"a":[', '-0', ']}'),
  'one long number': `{"a":${'1'.repeat(1_000_000)}}`,
  'one long fraction': `{"a":0.${'1'.repeat(1_000_000)}}`,
  'one long exponent': `{"a":1e${'9'.repeat(1_000_000)}}`,
  'arrays in arrays': `{"a":${'['.repeat(500_000)}${']'.repeat(500_000)}}`,
  'objects in objects': '{"a":'.repeat(200_000),
  'unterminated arrays': '['.repeat(MEGABYTE),
  'closing brackets only': ']'.repeat(MEGABYTE),
  'many names': `{${numbered(70_000, (index) => `"k${String(index)}":1`).join(',')}}`,
  'a long name twice': `{${filled('', `"${'x'.repeat(500_000)}":1`, '')}}`,
  'an unterminated string of escaped quotes': `"${'\\"'.repeat(MEGABYTE / 2 - 1)}`,
  backslashes: '\\'.repeat(MEGABYTE),
  blanks: ' '.repeat(MEGABYTE),
  'blanks after a string': `{"a"${' '.repeat(MEGABYTE - 10)}`,
  'byte order marks': '\uFEFF'.repeat(MEGABYTE / 4),
  commas: ','.repeat(MEGABYTE),
  colons: ':'.repeat(MEGABYTE),
  'an endless literal': 'e'.repeat(MEGABYTE),
  'invalid UTF-8 only': Buffer.alloc(MEGABYTE, 0xff),
});

/** JSON within every limit, as close to each as its size allows. */
export const LARGE_JSON = json({
  'as many empty arrays as may be': filled('{"a":[', '[]', ']}', ',', VALUES),
  'as many empty objects as may be': filled('{"a":[', '{}', ']}', ',', VALUES),
  'as many small objects as may be': filled('{"a":[', '{"b":1.0}', ']}', ',', VALUES / 2),
  'as many escaped keys as may be': filled('{"a":[', '{"\\u0061":1.0}', ']}', ',', VALUES / 2),
  'as many decimals as may be': filled('{"a":[', '1.0', ']}', ',', VALUES),
  'as many large exponents as may be': filled('{"a":[', '1e999999999', ']}', ',', VALUES),
  'long numbers': filled('{"a":[', '1'.repeat(1000), ']}'),
  'long fractions': filled('{"a":[', `0.${'1'.repeat(1000)}`, ']}'),
  'objects of 100 fields': filled(
    '{"a":[',
    `{${numbered(100, (index) => `"\\u0061${String(index)}":1.5e0`).join(',')}}`,
    ']}',
    ',',
    VALUES / 101,
  ),
  'objects in objects, as many as may be': filled(
    '{"a":[',
    `${'{"a":'.repeat(28)}1.0${'}'.repeat(28)}`,
    ']}',
    ',',
    VALUES / 29,
  ),
  'the prototype': filled('{"a":[', '{"__proto__":{"__proto__":1.0}}', ']}', ',', VALUES / 3),
  'one long string': `{"a":"${'x'.repeat(MEGABYTE - 20)}","b":1.0}`,
  'one long name': `{"${'x'.repeat(MEGABYTE - 20)}":1.0}`,
  'one long name, escaped': `{"${'\\u00e9'.repeat(MEGABYTE / 6 - 20)}":1.0}`,
  'an escaped string': `{"email":"${'\\n'.repeat(MEGABYTE / 2 - 20)}","b":1.0}`,
  'a string in \\u': `{"email":"${'\\u0041'.repeat(MEGABYTE / 6 - 20)}","password":1.0}`,
  'a string of emoji': `{"email":"${'\u{1f3e5}'.repeat(MEGABYTE / 4 - 20)}","password":"x"}`,
  'a string of invalid UTF-8': Buffer.concat([
    Buffer.from('{"email":"'),
    Buffer.alloc(MEGABYTE - 40, 0xff),
    Buffer.from('","password":1.0}'),
  ]),
  strings: filled('{"a":[1.0,', `"${'x'.repeat(48)}"`, ']}', ',', VALUES),
  'strings of escapes': filled('{"a":[1.0,', `"${'\\n'.repeat(24)}"`, ']}', ',', VALUES),
  '100 long names': `{${numbered(100, (index) => `"${String(index)}${'x'.repeat(10_000)}":1.0`).join(',')}}`,
  'an invalid address': `{"email":"${'a.'.repeat(MEGABYTE / 2 - 30)}@b","password":"x"}`,
});

/** Forms of the maximum size of a body. */
export const FORMS = forms({
  ampersands: '&'.repeat(MEGABYTE),
  'equals signs': '='.repeat(MEGABYTE),
  'plus signs': '+'.repeat(MEGABYTE),
  'percent signs': '%'.repeat(MEGABYTE),
  'plus signs in a value': `email=${'+'.repeat(MEGABYTE - 10)}`,
  'one field often': filled('', 'a=1', '', '&'),
  'many fields': numbered(120_000, (index) => `${index.toString(16)}=`).join('&'),
  escapes: `a=${'%41'.repeat(340_000)}`,
  'escapes of invalid UTF-8': `email=${'%ff'.repeat(340_000)}`,
  'invalid escapes': `email=${'%4'.repeat(520_000)}`,
  'invalid UTF-8': Buffer.alloc(MEGABYTE, 0xff),
  '100 fields of escapes': numbered(100, (index) => `a${String(index)}=${'%41'.repeat(3400)}`).join('&'),
  'one long name': `${'%5b'.repeat(340_000)}=1`,
});

/** CSV of the maximum size of a body. */
export const CSV = csv({
  'quotes only': '"'.repeat(MEGABYTE),
  'an unterminated cell': `medic\n"${'x'.repeat(MEGABYTE - 10)}`,
  'a cell of escaped quotes': `email\n"${'""'.repeat(MEGABYTE / 2 - 10)}"`,
  'quotes within cells': filled('email\n', 'a"b'.repeat(300), '', '\n'),
  'quoted line breaks': filled('email\n', `"${'\r\n'.repeat(9)}"`, '', '\n', 1000),
  'empty cells': `medic,email\n${','.repeat(MEGABYTE - 20)}`,
  'as many cells as may be': filled('medic,email\n', 'x'.repeat(50), '', ',', VALUES),
  'tabs and blanks': `medic\temail\n${' \t'.repeat(9_000)}${' '.repeat(MEGABYTE - 20_000)}`,
  'empty lines': `medic\n${'\n'.repeat(MEGABYTE - 10)}`,
  'carriage returns': `medic\n${'\r'.repeat(MEGABYTE - 10)}`,
  'a long header': `medic${' '.repeat(MEGABYTE - 10)}`,
  'a header of many columns': filled('', 'medic', '', ','),
  '1000 long rows': filled('email\n', `${'a.'.repeat(500)}@b`, '', '\n', 1000),
  '1000 rows': filled('email,type_membership,valid_until\n', 'a@example.org,ADMIN,2999-01-01', '', '\n', 1000),
  'invalid UTF-8': Buffer.alloc(MEGABYTE, 0xff),
});

/** Uploads of memberships with as many rows as may be, to a hospital that no one has. */
export const ROWS = json({
  '1000 rows': rows('{"email":"a@example.org","type_membership":"ADMIN","restore":true}'),
  '1000 rows with decimals': rows('{"medic":1.0,"type_membership":1.0,"restore":1.0}'),
  '1000 rows of unknown fields': rows(`{${numbered(15, (index) => `"f${String(index)}":1`).join(',')}}`),
  '1000 rows of long values': rows(`{"email":"${'a.'.repeat(480)}@b"}`),
  '1000 empty rows': rows('{}'),
});

function rows(row: string): string {
  return filled('{"hospital":2147483647,"memberships":[', row, ']}', ',', 1000);
}

/** Batches of questions with as many as may be, and as few as 1000 with large contexts. */
export const QUESTIONS = json({
  '1000 questions': questions('{}'),
  '1000 questions with fields': questions(`{${numbered(6, (index) => `"f${String(index)}":1`).join(',')}}`),
  '1000 questions with an instant': questions('{"as_of":"2020-11-04T01:12:12Z"}'),
  '1000 questions with a long field': questions(`{"f":"${'x'.repeat(700)}"}`),
});

function questions(context: string): string {
  const question = `{"subject":{"type":"medic","id":"1"},"action":{"name":"a"},"resource":{"type":"hospital","id":"1"},"context":${context}}`;
  return filled('{"evaluations":[', question, ']}', ',', 1000);
}

/** Queries as long as the limit of the request's header allows. */
export const QUERIES: Record<string, string> = {
  ampersands: '&'.repeat(15_000),
  names: numbered(3500, (index) => index.toString(16)).join('&'),
  'one name often': 'a&'.repeat(7500),
  limits: 'limit=1&'.repeat(1800),
  escapes: `a=${'%41'.repeat(5000)}`,
  'invalid UTF-8': '%ff='.repeat(3700),
  'plus signs': '+'.repeat(15_000),
  prototypes: '__proto__=1&'.repeat(1200),
};

const REQUIRED = ['name', 'patron', 'location', 'contact'].map((name) => part(`name="${name}"`, 'x'));
const END = `--${BOUNDARY}--\r\n`;

function part(disposition: string, content: string | Buffer, ...fields: string[]): Buffer {
  const header = [`Content-Disposition: form-data; ${disposition}`, ...fields].map((field) => `${field}\r\n`).join('');
  return Buffer.concat([Buffer.from(`--${BOUNDARY}\r\n${header}\r\n`), Buffer.from(content), Buffer.from('\r\n')]);
}

function upload(...parts: (string | Buffer)[]): HostileBody {
  return { type: UPLOAD_TYPE, body: Buffer.concat([...REQUIRED, ...parts, END].map((item) => Buffer.from(item))) };
}

const PICTURE = 'name="picture"; filename="a.jpg"';
const TWO_MEGABYTES = 2_097_000;

/** Uploads that are rejected for every caller. */
export const UPLOADS: Record<string, HostileBody> = {
  'tiny parts': upload(...Array<string>(100_000).fill(`--${BOUNDARY}\r\n\r\n\r\n`)),
  'small files': upload(...numbered(10_000, (index) => part(`name="f${String(index)}"; filename="a"`, 'x').toString())),
  'small fields': upload(...numbered(10_000, (index) => part(`name="f${String(index)}"`, 'x').toString())),
  'a long header': upload(part(`name="name${'x'.repeat(2_000_000)}"`, 'x')),
  'many header fields': upload(part('name="a"', 'x', ...numbered(700, (index) => `X-${String(index)}: x`))),
  parameters: upload(part(`name="a${'";a="'.repeat(1600)}"`, 'x')),
  'endless parameters': upload(part(`name="a"${';a'.repeat(3500)}`, 'x')),
  'a preamble': { type: UPLOAD_TYPE, body: Buffer.concat([Buffer.alloc(2_000_000, '\r\n--edg'), Buffer.from(END)]) },
  'a part of invalid UTF-8': upload(part('name="headline"', Buffer.alloc(2_000_000, 0xff))),
  'a part of JSON': upload(
    part(
      'name="headline"',
      LARGE_JSON['as many small objects as may be']?.body ?? '',
      'Content-Type: application/json',
    ),
  ),
  'a long boundary': { type: `multipart/form-data; boundary=${'a'.repeat(12_000)}`, body: 'a'.repeat(2_000_000) },
  'a boundary of one letter': { type: 'multipart/form-data; boundary=a', body: '\r\n--a\r\n'.repeat(300_000) },
  'no end': { type: UPLOAD_TYPE, body: Buffer.alloc(5_000_000, '\r\n--edgy') },
  'ten megabytes': upload(part(PICTURE, Buffer.alloc(10_000_000))),
  zeros: upload(part(PICTURE, jpegOf(Buffer.from([0xff, 0xe0]), Buffer.alloc(TWO_MEGABYTES)))),
  ones: upload(part(PICTURE, jpegOf(Buffer.from([0xff, 0xe0]), Buffer.alloc(TWO_MEGABYTES, 1)))),
  'short segments': upload(part(PICTURE, jpegOf(Buffer.alloc(TWO_MEGABYTES, Buffer.from([0xff, 0xe0, 0, 2]))))),
  'fill bytes': upload(part(PICTURE, jpegOf(Buffer.alloc(TWO_MEGABYTES, 0xff)))),
  restarts: upload(part(PICTURE, jpegOf(Buffer.alloc(TWO_MEGABYTES, Buffer.from([0xff, 0xd0]))))),
  'a scan of stuffed bytes': upload(
    part(PICTURE, jpegOf(Buffer.from([0xff, 0xda, 0, 2]), Buffer.alloc(TWO_MEGABYTES, Buffer.from([0xff, 0])))),
  ),
  scans: upload(part(PICTURE, jpegOf(Buffer.alloc(TWO_MEGABYTES, Buffer.from([0xff, 0xda, 0, 2, 0]))))),
};

function jpegOf(...parts: Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([0xff, 0xd8]), ...parts, Buffer.from([0xff, 0xd9])]);
}
