import { isJpeg } from '../../src/hospitals/jpeg.js';
import { jpeg } from '../support/jpeg.js';

const SOI = [0xff, 0xd8];
const EOI = [0xff, 0xd9];
const RST = [0xff, 0xd0];
const TEM = [0xff, 0x01];

function segment(marker: number, ...content: number[]): number[] {
  return [0xff, marker, 0, content.length + 2, ...content];
}

/** @returns the header of a frame with one component */
function frame(marker = 0xc0, width = 1, height = 1): number[] {
  return segment(marker, 8, height >> 8, height & 0xff, width >> 8, width & 0xff, 1, 1, 0x11, 0);
}

const SOF = frame();
const SOS = segment(0xda, 1, 1, 0, 0, 63, 0);
const DATA = [0x12, 0xff, 0x00, 0x34];
const EXIF = segment(0xe1, ...SOI, ...SOF, ...SOS, ...DATA, ...EOI);

test.each<[string, number[]]>([
  ['the smallest valid image', [...SOI, ...SOF, ...SOS, ...DATA, ...EOI]],
  ['tables and comments', [...SOI, ...segment(0xdb, 0), ...segment(0xc4, 0), ...SOF, ...segment(0xfe), ...SOS, ...EOI]],
  ['fill bytes before markers', [...SOI, 0xff, 0xff, ...SOF, 0xff, ...SOS, ...DATA, 0xff, 0xff, 0xff, ...EOI]],
  ['a thumbnail with its own end', [...SOI, ...EXIF, ...SOF, ...SOS, ...DATA, ...EOI]],
  ['restarts in the scan', [...SOI, ...SOF, ...SOS, ...DATA, ...RST, ...DATA, 0xff, 0xd7, ...DATA, ...EOI]],
  ['several scans', [...SOI, ...frame(0xc2), ...SOS, ...DATA, ...segment(0xc4, 0), ...SOS, ...DATA, ...EOI]],
  ['a marker without a segment', [...SOI, ...TEM, ...SOF, ...SOS, ...DATA, ...EOI]],
  ['trailing bytes, as some cameras append', [...SOI, ...SOF, ...SOS, ...DATA, ...EOI, 0, 1, 2]],
  ['the largest width and height', [...SOI, ...frame(0xc0, 0xffff, 0xffff), ...SOS, ...DATA, ...EOI]],
  ['arithmetic coding', [...SOI, ...segment(0xcc, 0, 0), ...frame(0xc9), ...SOS, ...DATA, ...EOI]],
])('isJpeg accepts a file with %s', (_, bytes) => {
  expect(isJpeg(Buffer.from(bytes))).toBe(true);
});

test.each<[string, number[]]>([
  ['that is empty', []],
  ['of one byte', [0xff]],
  ['with only a beginning and an end', [...SOI, ...EOI]],
  ['without a frame', [...SOI, ...SOS, ...DATA, ...EOI]],
  ['without a scan', [...SOI, ...SOF, ...EOI]],
  ['without an end', [...SOI, ...SOF, ...SOS, ...DATA]],
  ['that is cut in a marker', [...SOI, ...SOF, ...SOS, ...DATA, 0xff]],
  ['with its only end in a thumbnail', [...SOI, ...EXIF, ...SOF, ...SOS, ...DATA]],
  ['with its only frame in a thumbnail', [...SOI, ...EXIF, ...SOS, ...DATA, ...EOI]],
  ['of width zero', [...SOI, ...frame(0xc0, 0, 1), ...SOS, ...DATA, ...EOI]],
  ['of height zero', [...SOI, ...frame(0xc0, 1, 0), ...SOS, ...DATA, ...EOI]],
  ['with a truncated frame', [...SOI, ...segment(0xc0, 8, 0, 1), ...SOS, ...DATA, ...EOI]],
  ['with tables that look like a frame', [...SOI, ...frame(0xc4), ...SOS, ...DATA, ...EOI]],
  ['with a byte between segments', [...SOI, ...SOF, 0, ...SOS, ...DATA, ...EOI]],
  ['with a stuffed byte outside a scan', [...SOI, 0xff, 0, ...SOF, ...SOS, ...DATA, ...EOI]],
  ['with a second start marker', [...SOI, ...SOI, ...SOF, ...SOS, ...DATA, ...EOI]],
  ['with a segment shorter than its own length', [...SOI, 0xff, 0xe0, 0, 1, ...SOF, ...SOS, ...DATA, ...EOI]],
  ['with a segment longer than the file', [...SOI, ...SOF, ...SOS, ...DATA, 0xff, 0xe0, 0xff, 0xff, ...EOI]],
])('isJpeg rejects a file %s', (_, bytes) => {
  expect(isJpeg(Buffer.from(bytes))).toBe(false);
});

test('isJpeg rejects every truncated JPEG', () => {
  const whole = jpeg(1000);
  expect(isJpeg(whole)).toBe(true);
  for (let length = 0; length < whole.length; length += 1) expect(isJpeg(whole.subarray(0, length))).toBe(false);
});
