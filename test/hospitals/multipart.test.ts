import { gzipSync } from 'node:zlib';
import type { Actor } from '../support/actor.js';
import type { CheckedResponse } from '../support/checked-response.js';
import { useService } from '../support/service.js';

const service = useService();

const END = '--B--\r\n';

/** @returns a part of a body with the boundary `B` */
function part(disposition: string, content: string | Buffer, ...fields: string[]): Buffer {
  const lines = [`Content-Disposition: form-data; ${disposition}`, ...fields].map((line) => `${line}\r\n`).join('');
  return Buffer.concat([Buffer.from(`--B\r\n${lines}\r\n`), Buffer.from(content), Buffer.from('\r\n')]);
}

function sendParts(
  admin: Actor,
  hospital: number,
  parts: (string | Buffer)[],
  { type = 'multipart/form-data; boundary=B' } = {},
): Promise<CheckedResponse> {
  const all = parts.every((item) => typeof item !== 'string') ? [...parts, END] : parts;
  const body = Buffer.concat(all.map((item) => Buffer.from(item)));
  return admin.patch(`/hospital/${String(hospital)}`, body, { headers: { 'content-type': type } });
}

test("a part's text is kept code point for code point, and invalid UTF-8 is rejected", async () => {
  const { hospital, admin } = await service.given.hospital();
  for (const name of ['Ñandú 😀 שלום', '\ufffd', 'x\ufeff']) {
    (await sendParts(admin, hospital, [part('name="name"', name)])).isCreated({ name });
  }
  const text = part('name="name"', Buffer.from([0x61, 0xff, 0xfe]));
  (await sendParts(admin, hospital, [text])).isInvalid('name');
});

test('a JSON part keeps the digits of a number, like a JSON body', async () => {
  const { hospital, admin } = await service.given.hospital();
  const json = (field: string, content: string) => part(`name="${field}"`, content, 'Content-Type: application/json');
  for (const zip of ['1.50', '12345678901234567890', '-0', '64710', '"64710"']) {
    const answer = await sendParts(admin, hospital, [json('zip_code', zip), json('page_size', 'true')]);
    answer.isCreated({ zip_code: zip.replaceAll('"', ''), page_size: true });
  }
  for (const wrong of ['{', '{"a":1,"a":2}', '[[1]', '']) {
    (await sendParts(admin, hospital, [json('zip_code', wrong)])).isInvalid('zip_code');
  }
  (await sendParts(admin, hospital, [json('name', 'null')])).isInvalid('name');
});

test('a part that is not a file may have 16,384 bytes', async () => {
  const { hospital, admin } = await service.given.hospital();
  const json = (length: number) => part('name="name"', '1'.padStart(length), 'Content-Type: application/json');
  (await sendParts(admin, hospital, [json(16_384)])).isCreated({ name: '1' });
  (await sendParts(admin, hospital, [json(16_385)])).isInvalid('name');
  (await sendParts(admin, hospital, [part('name="name"', 'x'.repeat(100_000))])).isInvalid('name');
});

test('a body may have 50 parts', async () => {
  const { hospital, admin } = await service.given.hospital();
  const unchosen = part('name="picture"; filename=""', '');
  const parts = (count: number) => [...Array<Buffer>(count - 1).fill(unchosen), part('name="name"', 'New')];
  (await sendParts(admin, hospital, parts(50))).isCreated({ name: 'New' });
  (await sendParts(admin, hospital, parts(51))).isInvalid('non_field_errors');
});

test('the optional syntax of RFC 2046 around parts is accepted', async () => {
  const { hospital, admin } = await service.given.hospital();
  const named = (name: string) => part('name="name"', name);
  (await sendParts(admin, hospital, ['a preamble\r\n', named('A'), END, 'an epilogue'])).isCreated({ name: 'A' });
  const quoted = { type: 'multipart/form-data; charset=utf-8; boundary="B"' };
  (await sendParts(admin, hospital, [named('B'), END], quoted)).isCreated({ name: 'B' });
  const padded = named('C').toString().replace('--B', '--B \t');
  (await sendParts(admin, hospital, [padded, END])).isCreated({ name: 'C' });
  const folded = named('D').toString().replace('; ', ';\r\n ');
  (await sendParts(admin, hospital, [folded, END])).isCreated({ name: 'D' });
  const upper = 'CONTENT-DISPOSITION: Form-Data; Name=name';
  (await sendParts(admin, hospital, [`--B\r\n${upper}\r\n\r\nE\r\n`, END])).isCreated({ name: 'E' });
  (await sendParts(admin, hospital, ['--B\r\nContent-Disposition: form-data; name="headline"\r\n\r\n--B--'])).isCreated(
    {
      headline: '',
    },
  );
});

test.each<[string, string[]]>([
  ['a part without Content-Disposition', ['--B\r\nContent-Type: text/plain\r\n\r\nx\r\n', END]],
  ['a part without a header', ['--B\r\n\r\nx\r\n', END]],
  ['a part without a name', ['--B\r\nContent-Disposition: form-data; filename="a"\r\n\r\nx\r\n', END]],
  ['a part with two names', ['--B\r\nContent-Disposition: form-data; name="name"; name="patron"\r\n\r\nx\r\n', END]],
  ['a part that is an attachment', ['--B\r\nContent-Disposition: attachment; name="name"\r\n\r\nx\r\n', END]],
  ['a header line without a colon', ['--B\r\nContent-Disposition: form-data; name="name"\r\nx\r\n\r\nx\r\n', END]],
  [
    'a header that is too long',
    [`--B\r\nX: ${'x'.repeat(9000)}\r\nContent-Disposition: form-data; name="name"\r\n\r\nx\r\n`, END],
  ],
  ['a part without an end', ['--B\r\nContent-Disposition: form-data; name="name"\r\n\r\nx']],
  ['a header without an end', ['--B\r\nContent-Disposition: form-data; name="name"\r\n']],
  ['no part and no end', ['--B']],
  [
    'another boundary with the same beginning',
    ['--BB\r\nContent-Disposition: form-data; name="name"\r\n\r\nx\r\n--BB--'],
  ],
])('%s is a 400, and no part of the body is stored', async (_, parts) => {
  const { hospital, admin } = await service.given.hospital();
  (await sendParts(admin, hospital, [part('name="headline"', 'New'), ...parts])).isInvalid('non_field_errors');
});

test('a compressed body is a 415, as elsewhere', async () => {
  const { hospital, admin } = await service.given.hospital();
  const body = gzipSync(Buffer.concat([part('name="name"', 'New'), Buffer.from(END)]));
  const headers = { 'content-type': 'multipart/form-data; boundary=B', 'content-encoding': 'gzip' };
  (await admin.patch(`/hospital/${String(hospital)}`, body, { headers })).is(415);
});
